"""McNemar's test: whether two models are right equally often on the same rows.

Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions, Psychometrika 12,
in its exact form. For rows whose users repeat: Obuchowski (1998), On the comparison of correlated proportions for
clustered data, Statistics in Medicine 17.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student

from .paired import Array
from .users import Users, totals


def mcnemar(first: Array, second: Array, users: Users | None = None) -> float:
    """Return the two-sided p value that both models are right equally often; masks of right answers, shape (n,).

    Of the rows on which one model alone is right, each has it with even odds; the binomial distribution is used for
    few and for many of them: its normal approximation called equal models different more often than it should.
    Where users repeat, it is each user's rows together that may lean either way, and Student's t stands for few users.
    """
    if users is not None:
        return _by_user(first.astype(np.float64) - second, users)
    one, other = int((first & ~second).sum()), int((second & ~first).sum())
    return float(binomtest(one, one + other).pvalue) if one + other else 1.0


def _by_user(gains: Array, users: Users) -> float:
    lead = totals(gains, users)
    size, spread = len(lead), float((lead**2).sum())
    if not spread or size < 2:
        return 1.0
    error = np.sqrt(size / (size - 1) * spread)
    return float(2 * student.sf(abs(lead.sum()) / error, size - 1))
