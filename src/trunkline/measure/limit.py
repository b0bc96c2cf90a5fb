"""A limit: what a figure may be at most or at least, and whether its interval leaves that open."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trunkline.core.figures import Figure
from trunkline.core.verdicts import Outcome

from .wording import number

ROUNDING = 1e-9
"""A limit is not crossed by the last digits of a subtraction."""
WORTH_WAITING = 100
"""Times as many rows beyond which nobody is told to gather them."""
REACHES_BACK = " The interval reaches back over the limit, so this may be chance."


@dataclass(frozen=True)
class Limit:
    """What a figure may at most (a difference) or at least (a ratio) be."""

    value: float
    at_least: bool = False

    def keeps(self, value: float) -> bool:
        """Whether the value is within the limit."""
        beyond = self.value - value if self.at_least else value - self.value
        return beyond <= ROUNDING

    def broken_wholly(self, figure: Figure) -> bool:
        """Whether the figure's whole interval lies beyond the limit."""
        if figure.interval is None:
            return False
        return not self.keeps(figure.interval.high if self.at_least else figure.interval.low)

    def outcome(self, figure: Figure) -> Outcome:
        """Return pass within the limit, fail wholly beyond it, inconclusive where the interval reaches back over it."""
        if self.keeps(figure.value):
            return "pass"
        return "fail" if self.broken_wholly(figure) else "inconclusive"

    def more_rows(self, figure: Figure) -> str:
        """Return how many times the rows would decide, if the figure stays: a width falls with their square root."""
        if figure.interval is None:
            return ""
        nearest = figure.interval.high if self.at_least else figure.interval.low
        distance = abs(figure.value - self.value)
        times = (abs(nearest - figure.value) / distance) ** 2 if distance else math.inf
        if times > WORTH_WAITING:
            return (
                " The figure is so near the limit that no number of test rows worth gathering would decide."
            )
        factor = max(2, math.ceil(times - ROUNDING))
        return f" If it stays what it is, about {factor} times as many test rows would decide."

    def words(self) -> str:
        """Return the limit in words, to stand after a figure."""
        if self.at_least:
            return f"at least {number(self.value)} is asked"
        return f"at most {number(self.value)} is allowed"
