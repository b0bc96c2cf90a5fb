"""Classification: the answer is one of some classes, with a probability of each."""

from __future__ import annotations

__all__: list[str] = []
