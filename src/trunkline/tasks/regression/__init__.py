"""Regression: the answer is a number."""

from __future__ import annotations

__all__: list[str] = []
