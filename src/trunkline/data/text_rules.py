"""Text rules: what pandera's checks of texts say, in the contract's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandera.pandas as pa

from trunkline.core.contract import Column
from trunkline.core.errors import ContractError
from trunkline.core.patterns import literal
from trunkline.inputs import input_of
from trunkline.inputs.text import text_fault

CHECKS = ("str_matches", "str_contains", "str_startswith", "str_endswith", "str_length")
"""Pandera's names of the checks that the contract takes over; the service asks them too."""


def text_rules(name: str, checks: Sequence[pa.Check]) -> dict[str, Any]:
    """Return `patterns`, `shortest` and `longest` of a text column, where its checks say them.

    Raises ContractError for an expression that has flags for the whole of it.
    """
    patterns: list[str] = []
    least: list[int] = []
    most: list[int] = []
    for check in checks:
        said: Mapping[str, Any] = check.statistics or {}
        if check.name == "str_length":
            exact = said.get("exact_value")
            low, high = (said.get("min_value"), said.get("max_value")) if exact is None else (exact, exact)
            least += [] if low is None else [int(low)]
            most += [] if high is None else [int(high)]
        elif check.name == "str_startswith":
            patterns.append(f"^{literal(said['string'])}")
        elif check.name == "str_endswith":
            patterns.append(rf"{literal(said['string'])}\Z")
        elif check.name in CHECKS:
            patterns.append(_searched(name, said["pattern"], begins=check.name == "str_matches"))
    found = {
        "patterns": tuple(patterns),
        "shortest": max(least, default=None),
        "longest": min(most, default=None),
    }
    return {key: value for key, value in found.items() if value not in ((), None)}


def require_example(column: Column, named: object) -> str:
    """Return the text that the field names as an example, empty where the rule needs none.

    Raises ContractError where it breaks the rule, or where the rule needs one and none is named.
    """
    if not isinstance(named, str) or (named and (not input_of(column).free or text_fault(named, column))):
        raise ContractError(
            f"{column.name}: 'example' must be a text that keeps the rule: {input_of(column).rule()}.",
            value=named,
            next_step="correct the example",
        )
    return named


def _searched(name: str, pattern: str | re.Pattern[str], *, begins: bool) -> str:
    read = re.compile(pattern)
    if read.flags & ~re.UNICODE:
        raise ContractError(
            f"{name}: a regular expression of a contract has no flags for the whole.",
            value=pattern,
            next_step="write them around the part that they are for, as (?i:abc)",
        )
    text: str = read.pattern
    if not begins:
        return text
    return f"^(?:{text})" if "|" in text else f"^{text.removeprefix('^')}"
