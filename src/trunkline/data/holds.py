"""Holds: the input type of a field, from its Python type or from what its metadata say that it holds."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import pandera.pandas as pa

from trunkline.core.contract import Column, Role
from trunkline.core.errors import ContractError, instead
from trunkline.core.plugins import OURS
from trunkline.inputs import InputType, input_of

from .categories import is_whole

CATEGORY, TIME = "category", "time"
"""The types that a list, and an event time in text, make of another."""


def declared(name: str, field: pa.Column, role: Role, holds: object) -> tuple[str, bool]:
    """Return the input type of a field, and whether whole numbers stand for what it holds.

    Raises ContractError when no input type has the name that `holds` says, or it is kept in another Python type.
    """
    kind = _type(name, field, role)
    if not holds:
        return kind, False
    if holds not in OURS["inputs"]:
        raise ContractError(
            f"{name}: 'holds' must be the name of an input type.",
            value=holds,
            next_step=instead(str(holds), list(OURS["inputs"])),
        )
    plain = input_of(Column(name=name, type=kind))
    for coded in (False, True):
        held = input_of(Column(name=name, type=str(holds), coded=coded))
        if held.stored == plain.stored and (held.catalogued or not coded):
            return str(holds), coded
    raise ContractError(
        f"{name}: what holds {holds} is no {field.dtype}.",
        value=field.dtype,
        next_step=f"declare it as `{name}: str`",
    )


def require_open(held: InputType, *, listed: bool) -> None:
    """Raise ContractError where a field lists the values of an open catalogue."""
    if held.catalogued and listed:
        raise ContractError(
            f"{held.column.name}: an open catalogue has no list of its values.",
            next_step="leave `isin` out, or `holds` where the list is whole",
        )


def check_keys(name: str, metadata: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise ContractError for a key of a field that nobody reads."""
    for key in metadata:
        if key not in known:
            guess = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {guess[0]!r}?" if guess else f"known keys: {', '.join(known)}"
            raise ContractError(f"{name}: unknown key {key!r} ({hint})", next_step="correct the key")


def _type(name: str, field: pa.Column, role: Role) -> str:
    text = str(field.dtype).lower()
    if text == CATEGORY:
        codes = [is_whole(value) for value in getattr(field.dtype, "categories", None) or ()]
        text = "int" if codes and all(codes) else "str"
    for kind in OURS["inputs"]:
        held = input_of(Column(name=name, type=kind))
        if text.startswith(held.dtypes):
            # A text that says when a row happened is a time: what sorts as text need not sort as time.
            return TIME if held.free and role is Role.TIME else kind
    raise ContractError(
        f"{name}: the type {field.dtype} has no place in a contract.",
        next_step="use int, float, bool, str or pd.Timestamp",
    )
