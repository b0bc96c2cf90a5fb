"""Detection: the answer is a list of boxes in a picture, each with a class and a score."""

from __future__ import annotations

__all__: list[str] = []
