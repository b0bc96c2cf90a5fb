"""Unchecked: the rules of a contract that are asked of data alone."""

from __future__ import annotations

import pandera.pandas as pa

from trunkline.core.contract import Column
from trunkline.inputs import input_of

from .schema import contract_from
from .text_rules import CHECKS

RANGES = {
    "equal_to",
    "greater_than",
    "greater_than_or_equal_to",
    "in_range",
    "less_than",
    "less_than_or_equal_to",
}
"""Pandera's names of what the contract holds as `minimum` and `maximum`."""


def unchecked(schema: type[pa.DataFrameModel]) -> tuple[str, ...]:
    """Return the rules of a pandera model that the service does not ask of a request, each with its column."""
    contract = contract_from(schema)
    ready = schema.to_schema()
    found = [
        f"{name}: {rule}"
        for name, field in ready.columns.items()
        for rule in _of_column(field, contract.column(str(name)))
    ]
    found += [f"the row: {check.name or 'a check'}" for check in ready.checks]
    found += ["the row: unique"] * bool(ready.unique) + ["the row: a parser"] * bool(ready.parsers)
    return tuple(dict.fromkeys(found))


def _of_column(field: pa.Column, column: Column) -> list[str]:
    held = input_of(column)
    asked = {"isin"} if held.classes() else set()
    asked |= RANGES if held.ranged else set()
    asked |= {"equal_to", *CHECKS} if held.textual else set()
    found = [str(check.name or "a check") for check in field.checks if check.name not in asked]
    return found + ["unique"] * bool(field.unique) + ["a parser"] * bool(field.parsers)
