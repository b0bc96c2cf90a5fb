"""Has a number jumped since the champion's snapshot: another unit, another range?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from trunkline.core.contract import Column, Role
from trunkline.core.figures import Figure, Interval
from trunkline.core.snapshots import ColumnSummary, DataLock
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.intervals import beyond, deviate
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, columns, listed

from .case import SnapshotCase
from .comparison import Comparison
from .summaries import LEVELS, numbers_of, rows_behind, summarised, summary_of

NAMES = ("1 % quantile", "lower quartile", "median", "upper quartile", "99 % quantile")
FROM_MIDDLE = np.array([0, 1, 1, 1, 0])
"""By level: the place of the quantile from which its width is measured, to the one as far from the end."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Move:
    """How far a column has moved: `words` say from where to where."""

    figure: Figure
    words: str


class Jumps(Comparison):
    """How far the quantiles of each number have moved from the champion's snapshot: quartiles in widths of the
    middle half, the outermost in widths of what lies between them; whichever width is narrower, then or now.
    The event time is left out.

    Pass: No column moved further than the limit, or there is no champion to compare with.
    Fail: One did, with its whole interval: euro to cents, years to days, -999 for unknown; or the world has
    changed. If live traffic shows the same move, a retraining follows it: the gate then says so and does not
    block.
    Inconclusive: The move is greater than the limit, but its interval reaches back over it; or no commit of the
    repository has the champion's `data.lock` with a picture of its columns. Neither stops a release.
    Advice: Ask whoever makes the source whether the unit, the scale or the mark of an unknown value has changed
    (euro to cents, years to days, -999), and correct it in load(). If the world has really changed, raise
    `gates.data.jump` or waive the gate in a reviewed change.
    Source: Mathisen (1943), Annals of Mathematical Statistics 14: distribution-free intervals from order
    statistics.
    """

    name = "data/jumps"
    question = "Has a number jumped, as it does when its unit or range changes?"
    keys = ("gates.data.jump",)

    def limit(self, case: SnapshotCase) -> float | None:
        return case.rules.jump

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        rows, contract = case.rows, case.contract
        compared = [
            column
            for column in summarised(contract)
            if column.role is not Role.TIME and _comparable(rows, column, previous.columns.get(column.name))
        ]
        level = shared_level(len(compared) * len(LEVELS))
        moves = [
            moved(
                rows[column.name],
                column,
                previous.columns[column.name],
                rows_behind(previous, column.name),
                level=level,
                limit=limit,
            )
            for column in compared
        ]
        words = {move.figure.name: move.words for move in moves}
        figures = tuple(move.figure for move in moves)
        sure, unsure = beyond(figures, limit)
        shown = sure or unsure
        named = listed(f"{name}: {words[one.name]}" for name, one in zip(columns(shown), shown, strict=True))
        may = f"{limit:g} width{'' if limit == 1 else 's'}"
        most = max(figures, key=lambda one: one.value, default=None)
        if sure:
            reason = f"Moved by more than {may}: {named}."
        elif unsure:
            reason = f"Too few rows to say whether this is chance ({may} may): {named}."
        elif most is None:
            reason = "No column has numbers to compare."
        else:
            reason = (
                f"Of {len(figures)} columns {columns([most])[0]} moved most: {words[most.name]}; {may} may."
            )
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
            blocking=bool(sure) or not unsure,
            reason=reason,
            threshold=limit,
            figures=figures,
        )


def moved(
    values: pd.Series, column: Column, before: ColumnSummary, behind: int, *, level: float, limit: float
) -> Move:
    """Return the farthest move of any quantile in widths: figure `jump:<column>`.

    The interval is distribution-free: a quantile of then is looked for among the order statistics of now at its
    level plus or minus the sampling error of both snapshots (Mathisen's two-sample idea, Annals of Mathematical
    Statistics 14, 1943), so ties and gaps in a column are no false alarm. Where the middle half has no width, all is
    measured from 1 to 99 %; where that has none in either snapshot, another value is a move of twice the limit.
    """
    numbers, then = numbers_of(values), np.asarray(before.quantiles)
    now = np.asarray(summary_of(values, column).quantiles)
    levels = np.asarray(LEVELS)
    half = deviate(level) * np.sqrt(levels * (1 - levels) * (1 / len(numbers) + 1 / max(1, behind)))
    lower, upper = _ordered(numbers, levels - half, then), _ordered(numbers, levels + half, then)
    first = FROM_MIDDLE if min(now[3] - now[1], then[3] - then[1]) > 0 else np.zeros_like(FROM_MIDDLE)
    last = len(LEVELS) - 1 - first
    here, there = now[last] - now[first], then[last] - then[first]
    scale = np.where(np.minimum(here, there) > 0, np.minimum(here, there), np.maximum(here, there))
    if scale.any():
        # The width of now is measured too: a move counts as far only in the widest that it may be.
        widest = np.maximum(scale, np.minimum(there, upper[last] - lower[first]))
        distance = np.abs(now - then) / scale
        low = np.maximum(np.maximum(lower - then, then - upper), 0) / widest
        high = np.maximum(np.abs(lower - then), np.abs(upper - then)) / scale
        low, high = np.minimum(low, distance), np.maximum(high, distance)
    else:
        distance = low = high = np.where(now == then, 0.0, 2 * limit)
    place = int(np.argmax(low if low.max() > limit else distance))
    figure = Figure(
        name=f"jump:{column.name}",
        value=float(distance[place]),
        rows=len(numbers),
        interval=Interval(low=float(low[place]), high=float(high[place]), level=level),
    )
    words = f"the {NAMES[place]} was {then[place]:,.6g} and is {now[place]:,.6g}, " + (
        f"{figure.value:,.2f} widths ({between(figure.interval)})"
        if scale.any()
        else "and nearly every row has that value"
    )
    return Move(figure=figure, words=words)


def _comparable(rows: pd.DataFrame, column: Column, before: ColumnSummary | None) -> bool:
    return (
        input_of(column).quantity
        and before is not None
        and len(before.quantiles) == len(LEVELS)
        and bool(rows[column.name].notna().any())
    )


def _ordered(numbers: Floats, levels: Floats, then: Floats) -> Floats:
    """Return the order statistics at some levels; beyond the ends nothing is known, so at least as far as then."""
    place = np.clip(levels * (len(numbers) - 1), 0, len(numbers) - 1)
    up = levels > np.asarray(LEVELS)
    found = numbers[np.where(up, np.ceil(place), np.floor(place)).astype(int)]
    found = np.where(levels <= 0, np.minimum(found, then), found)
    return np.asarray(np.where(levels >= 1, np.maximum(found, then), found), dtype=np.float64)
