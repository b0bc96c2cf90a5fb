"""Coincidence: how many equal rows chance explains, from how often contents come once, twice, thrice."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

Counts = npt.NDArray[np.float64]


def beyond_chance(times: npt.NDArray[np.int64]) -> Counts:
    """Return, by how often a content comes, the share of such contents that chance does not explain.

    `times` is one number a content. By chance fewer contents come twice than once and fewer thrice than twice, by a
    bound that holds for any source: Good and Toulmin (1956), Biometrika 43, with the inequality of Cauchy and
    Schwarz; Garwood (1936), Biometrika 28, for the limits of the counts.
    """
    counts = np.bincount(times, minlength=2)
    upper = np.asarray(gammaincinv(np.append(counts, 0) + 1, 0.975), dtype=np.float64)
    shares = np.zeros(len(counts))
    for k in range(2, len(counts)):
        if counts[k]:
            most = math.sqrt(upper[k - 1] * upper[k + 1] * (k + 1) / k)
            shares[k] = max(0.0, 1 - most / counts[k])
    return shares
