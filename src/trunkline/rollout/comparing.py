"""The two versions of a stage compared by user, with intervals that hold at every look of the whole ladder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from trunkline.core.figures import Figure
from trunkline.core.policy.rollout import Rollout
from trunkline.measure.difference import Difference, difference, share_difference
from trunkline.measure.metrics import Metric
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.paired import Paired
from trunkline.measure.sequential import level_now
from trunkline.measure.users import Users, UserShare
from trunkline.measure.worth import share_interval
from trunkline.tasks.scale import AS_IT_IS, Scale, scale_of

TAIL = 0.05
"""The share of answers that may be slower than the limit of a 95th percentile."""
LEAST = 0.001
"""The difference that matters where the policy tolerates none: an interval can be narrow at one width only."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class ArmRows:
    """What one version did, by user: the requests that it did not fail on, the quick answers, what truth is known."""

    answered: UserShare
    quick: UserShare
    labelled: Paired
    enough: bool = True
    """Whether so many outcomes are known that the quality is compared."""


@dataclass(frozen=True)
class Compared:
    """The challenger less the champion in the three questions that all stages ask; None where there is nothing yet."""

    answered: Difference | None
    quick: Difference | None
    quality: Difference | None
    scale: Scale = AS_IT_IS
    """What the policy's margin of quality is a share of."""


def level_of(policy: Rollout) -> float:
    """Return the level of each interval, so that those of a whole ladder keep the policy's confidence (Bonferroni).

    All questions of all steps share it; the looks at a step are the confidence sequence's.
    """
    questions = 4 if policy.agreement else 3
    return shared_level(questions * max(1, len(policy.steps)), policy.confidence)


def compare(own: ArmRows, other: ArmRows, policy: Rollout, metric: Metric, *, same_rows: bool) -> Compared:
    """Return the challenger compared with the champion; with `same_rows`, row i of both is the same request."""
    level = level_of(policy)

    def shares(one: UserShare, two: UserShare, name: str, tolerated: float) -> Difference | None:
        return _or_none(lambda: share_difference(one, two, name=name, level=level, matters=tolerated))

    def quality() -> tuple[Difference, Scale]:
        one, two = own.labelled, other.labelled
        scale = scale_of(metric, two, (metric.value(one), metric.value(two)))
        matters = scale.amount(max(policy.margin, LEAST))
        return difference(one, two, metric, same_rows=same_rows, level=level, matters=matters), scale

    enough = own.enough and other.enough
    compared, scale = (_or_none(quality) if enough else None) or (None, AS_IT_IS)
    return Compared(
        answered=shares(own.answered, other.answered, "answered", policy.failures),
        quick=shares(own.quick, other.quick, "quick", TAIL),
        quality=compared,
        scale=scale,
    )


def share_at_every_look(hit: NDArray[np.bool_], users: Users | None, policy: Rollout, *, name: str) -> Figure:
    """Return a share of rows with an interval that holds at every look."""
    error = share_interval(hit, users, 0.6827)  # one standard error to each side
    once = level_now((error.high - error.low) / 2, matters=TAIL, level=level_of(policy))
    return Figure(
        name=name, value=float(hit.mean()), rows=len(hit), interval=share_interval(hit, users, once)
    )


def _or_none(measure: Callable[[], Found]) -> Found | None:
    try:
        return measure()
    except ValueError:
        return None
