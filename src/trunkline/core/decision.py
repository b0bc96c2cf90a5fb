"""The decision: from which probability on the positive class is the answer, in every runtime."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .record import Record

HALF = 0.5
"""Where no threshold is said, the likelier of two classes is the answer."""


class Decision(Record):
    """The threshold of a bundle, and why it is this one."""

    positive: str
    """The class that is answered from the threshold on."""
    threshold: float
    reason: str
    """How it came about, as a sentence for the card."""

    def labels(self, scores: Iterable[float], classes: Sequence[str]) -> list[str]:
        """Return the answers to rows of two classes, by each row's probability of the positive one."""
        (negative,) = (name for name in classes if name != self.positive)
        return [self.positive if score >= self.threshold else negative for score in scores]

    def rule(self) -> str:
        """Return in words when which class is answered."""
        return f"{self.positive} from a probability of {self.threshold:g} on"
