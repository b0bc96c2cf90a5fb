"""Input types: what a column holds, one module a type; everything that depends on it is asked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from trunkline.core.contract import Column

from .lookup import input_of
from .protocol import Corner, InputType, Probe, Stored, Value

__all__ = ["Corner", "InputType", "Probe", "Stored", "Value", "drawn", "input_of"]

NULLS = 0.1
"""The share of nulls in draws of a column that may be null."""


def drawn(column: Column, random: Random, *, texts: Mapping[str, Sequence[Value]] | None = None) -> object:
    """Return a drawn value that keeps the column's rule, null now and then where it may be.

    `texts` holds by column what a text may be: a rule cannot tell which texts a model can read.
    """
    if column.nullable and random.random() < NULLS:
        return None
    known = (texts or {}).get(column.name)
    return random.choice(known) if known else input_of(column).drawn(random)
