"""The values that a contract's column may take one by one: what pandera's `isin` and categorical types say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandera.pandas as pa

from trunkline.core.contract import Column
from trunkline.core.errors import ContractError
from trunkline.inputs import InputType
from trunkline.inputs.text import text_fault

LARGEST_CODE = 2**24
"""Up to here every whole number is a float32 of its own."""


def allowed(name: str, field: pa.Column) -> tuple[Any, ...]:
    """Return the values that `isin` or a categorical type allows, numpy's numbers as Python's."""
    categories = getattr(field.dtype, "categories", None)
    values: Sequence[Any] = [] if categories is None else list(categories)
    for check in field.checks:
        if check.name == "equal_to" and isinstance((check.statistics or {})["value"], str):
            values = [(check.statistics or {})["value"]]
        elif check.name == "isin":
            given = (check.statistics or {})["allowed_values"]
            # A set has another order in every process, and the order is part of a sealed contract.
            values = _sorted(given) if isinstance(given, set | frozenset) else list(given)
            if not values:
                raise ContractError(f"{name}: isin allows no value.", next_step="list the values in isin")
    return tuple(dict.fromkeys(value.item() if isinstance(value, np.generic) else value for value in values))


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=int if all(map(is_whole, values)) else str)


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, of Python or numpy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def categories_of(held: InputType, values: Sequence[Any]) -> tuple[str, ...]:
    """Return the categories that allowed values make, empty where there are none.

    Raises ContractError where they cannot be told apart in a model.
    """
    name = held.column.name
    if not values or (held.stored == "bool" and set(values) == {False, True}):
        return ()
    whole = held.whole and all(map(is_whole, values))
    if not whole and not (held.stored == "str" and all(isinstance(value, str) for value in values)):
        raise ContractError(
            f"{name}: isin makes categories, and categories are texts or whole numbers.",
            value=values[:5],
            next_step=f"declare `{name}: str` with texts in isin, `{name}: int` (pd.Int64Dtype with nulls) with whole "
            "numbers in it, or give a range with ge and le",
        )
    if whole and max(map(abs, values)) > LARGEST_CODE:
        raise ContractError(
            f"{name}: models compute in 32 bits, which cannot tell apart whole numbers beyond {LARGEST_CODE:,}.",
            value=max(values, key=abs),
            next_step=f"declare `{name}: str` with texts in isin",
        )
    if "" in values:
        raise ContractError(
            f"{name}: the empty text cannot be a category: it stands for null in the model's inputs.",
            next_step="give the category a name, or use nullable=True",
        )
    return tuple(map(str, values))


def require_kept(column: Column) -> None:
    """Raise ContractError for a category that another check of its column refuses."""
    for category in column.categories:
        if fault := text_fault(category, column):
            raise ContractError(
                f"{column.name}: isin allows a text that another check refuses: {fault}.",
                value=category,
                next_step="take it out of isin, or correct the other check",
            )
