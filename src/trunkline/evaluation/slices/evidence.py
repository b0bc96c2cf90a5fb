"""Slice evidence: which slices surely have the higher loss, asked of many slices at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import SliceGates
from trunkline.measure.multiplicity import holm_levels
from trunkline.measure.paired import Array
from trunkline.measure.rise import Rise
from trunkline.tasks import Losses

from .search import Slice


@dataclass(frozen=True)
class Measured:
    """A slice on the half that confirms: `effect` and its interval are shares of the baseline's mean loss.

    `here` is the mean loss in it, `there` that of what it is compared with. `confirmed` says that the effect is large
    enough and that Holm's procedure rejects, `alone` that the test would as the only one.
    """

    slice: Slice
    rows: int
    effect: float
    interval: Interval
    here: float
    there: float
    statistic: float
    confirmed: bool
    alone: bool

    def figure(self, name: str) -> Figure:
        """Return the effect as a figure of that name."""
        return Figure(
            name=name, value=self.effect, rows=self.rows, interval=self.interval, group=self.slice.words
        )


def measure_slices(
    parts: Sequence[Slice],
    rises: Sequence[Rise],
    there: Sequence[float],
    confirm: Losses,
    second: Array,
    policy: SliceGates,
) -> list[Measured]:
    """Return the slices with Holm's answers, the surest first; `confirm` are the losses at the positions `second`."""
    scale = float(confirm.baseline.mean())
    levels = holm_levels([rise.p_value for rise in rises], policy.significance)
    found = []
    for part, mean, rise, level in zip(parts, there, rises, levels, strict=True):
        inside, span = part.mask[second], rise.interval(level)
        effect = rise.difference / scale
        found.append(
            Measured(
                slice=part,
                rows=int(inside.sum()),
                effect=effect,
                interval=Interval(low=span.low / scale, high=span.high / scale, level=span.level),
                here=float(confirm.model[inside].mean()),
                there=mean,
                statistic=rise.statistic,
                confirmed=rise.p_value < level and effect >= policy.gap,
                alone=rise.p_value < policy.significance and effect >= policy.gap,
            )
        )
    return sorted(found, key=lambda one: (-one.statistic, one.slice.words))


def apart(found: Sequence[Measured]) -> list[Measured]:
    """Return the slices that share fewer than half of their rows with any before them."""
    kept: list[Measured] = []
    for one in found:
        rows = int(one.slice.mask.sum())
        if all(
            (one.slice.mask & other.slice.mask).sum() < min(rows, other.slice.mask.sum()) / 2
            for other in kept
        ):
            kept.append(one)
    return kept
