"""Values that a model is asked for: at the edges of a rule, and unlike what training had."""

from __future__ import annotations

from typing import NamedTuple


class Corner(NamedTuple):
    """A value at an edge of a column's rule, as the model gets it."""

    words: str
    value: object
    allowed: bool = True
    """Whether the service lets it through to the model."""


class Probe(NamedTuple):
    """A value to ask a model for, None for null, and why."""

    value: object
    why: str
