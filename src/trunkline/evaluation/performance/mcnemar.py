"""McNemar's test: whether two models are right equally often on the same rows.

Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions, Psychometrika 12,
in its exact form.
"""

from __future__ import annotations

from scipy.stats import binomtest

from ..scored import Array


def mcnemar(first: Array, second: Array) -> float:
    """Return the two-sided p value that both models are right equally often; masks of right answers, shape (n,).

    Of the rows on which one model alone is right, each has it with even odds; the binomial distribution is used for
    few and for many of them: its normal approximation called equal models different more often than it should.
    """
    one, other = int((first & ~second).sum()), int((second & ~first).sum())
    return float(binomtest(one, one + other).pvalue) if one + other else 1.0
