"""Lookup: the type of a column, by its name in the table of plugins."""

from __future__ import annotations

from collections.abc import Callable

from trunkline.core.contract import Column
from trunkline.core.plugins import plugin

from .protocol import InputType


def input_of(column: Column) -> InputType:
    """Return the type of a column, which answers for that column."""
    make: Callable[[Column], InputType] = plugin("inputs", column.type)
    return make(column)
