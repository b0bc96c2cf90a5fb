"""Lookup: the type of a column, by its name in the table of plugins."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from trunkline.core.contract import Column
from trunkline.core.plugins import plugin

from .protocol import InputType


def input_of(column: Column) -> InputType:
    """Return the type of a column, which answers for that column."""
    return _maker(column.type)(column)


@cache
def _maker(name: str) -> Callable[[Column], InputType]:
    make: Callable[[Column], InputType] = plugin("inputs", name)
    return make
