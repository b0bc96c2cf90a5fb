"""Looking every hour: intervals that all hold together, however often they are computed and whenever one stops.

At a fixed level, each further look at a stage is another chance of a wrong answer. Here an interval is as much wider
as a confidence sequence asks: Robbins' normal mixture (Robbins 1970, Statistical methods related to the law of the
iterated logarithm, Annals of Mathematical Statistics 41), which holds in the limit for estimates with an estimated
error (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Time-uniform central limit theory and asymptotic confidence
sequences, Annals of Statistics 52). Time is the information in the estimate, one over its squared error, so it does not
matter whether new users come or known ones come again (Jennison and Turnbull 1997, Group-sequential analysis
incorporating covariate information, JASA 92). The mixture's standard deviation is the difference that matters: there
the interval is about as narrow as it can be (Johari, Koomen, Pekelis and Walsh 2022, Always valid inference, Operations
Research 70). Where users are few, Student's t takes the place of the normal distribution.
"""

from __future__ import annotations

import math

from scipy.special import ndtr, stdtrit

MIXTURES = ((1.0, 0.9), (10.0, 0.1))
"""Scales of the difference that matters, and the part of the error that each may make: a version that is far worse,
as one that always fails, is found by the wide one among the first few users."""
MOST = 1e6
"""Times the data there are, past which more of it is no advice."""
CERTAIN = 1e-12
"""What no level leaves out less than: an interval at level 1 has no end."""
_STEP = 1.05


def bound(error: float, matters: float, level: float) -> float:
    """Return how many standard errors an interval spans to each side, so that those of all looks hold at `level`.

    `matters` is the difference that matters, in the unit of `error`. One side alone is wrong in half as many cases.
    """

    def mixture(scale: float, part: float) -> float:
        information = (scale * matters / error) ** 2
        return (1 + 1 / information) * (math.log1p(information) - 2 * math.log(part * (1 - level)))

    return math.sqrt(min(mixture(scale, part) for scale, part in MIXTURES))


def reach(error: float, freedom: float, *, level: float, matters: float | None) -> float:
    """Return half of the width of an interval at `level`: of one look, or with `matters` of any number of them."""
    tail = (1 - level) / 2 if matters is None else float(ndtr(-bound(error, matters, level)))
    return -float(stdtrit(freedom, tail)) * error


def level_now(error: float, *, matters: float, level: float) -> float:
    """Return the level of the interval of a single look that is as wide as one of any number of looks at `level`."""
    return 1 - max(2 * float(ndtr(-bound(error, matters, level))), CERTAIN)


def growth(
    value: float, error: float, freedom: float, *, tolerated: float, level: float, matters: float
) -> float:
    """Return how many times the data there are would leave no doubt whether a difference is tolerated, if it stays.

    There is no doubt once the whole interval lies above `-tolerated`, or below zero. Infinite beyond `MOST` times.
    """
    times = 1.0
    while times < MOST:
        half = reach(error / math.sqrt(times), freedom * times, level=level, matters=matters)
        if half <= value + tolerated or half < -value:
            return times
        times *= _STEP
    return math.inf
