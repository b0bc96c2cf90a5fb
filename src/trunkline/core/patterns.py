"""Patterns: the regular expressions of a contract, and which of them a JSON Schema can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_SHARED = re.compile(r"(?:\\[dwAZtnrf]|\\[\^$.*+?()\[\]{}|/\\-]|\(\?:|\((?!\?)|[^\\(])*", re.DOTALL)
"""What JavaScript, and so JSON Schema, reads as Python does or more strictly: no lookaround, name, flag or `\\s`."""
_APART = re.compile(r"[*+?}]\+|\{,|\[\^?\]|\[\^[^\]]*\\[dw]")
"""Possessive repeats, `{,3}`, a class that begins with `]`, and negated classes of classes."""
_ENDS = re.compile(r"\\(.)", re.DOTALL)
_LITERAL = re.compile(r"[\^$.*+?()\[\]{}|/\\]")


def literal(text: str) -> str:
    """Return the expression of a text itself, escaped as Python and JavaScript both read it."""
    return _LITERAL.sub(lambda found: "\\" + found[0], text)


def published(patterns: Sequence[str]) -> dict[str, Any]:
    """Return the part of a JSON Schema that shows these expressions; empty where a reader would take other texts.

    What the schema allows, the service takes. JSON Schema reads `\\d` and `\\w` as ASCII, and the service all scripts.
    """
    if not patterns or not all(_SHARED.fullmatch(one) and not _APART.search(one) for one in patterns):
        return {}
    shown = [_ENDS.sub(lambda found: {"A": "^", "Z": "$"}.get(found[1], found[0]), one) for one in patterns]
    return {"pattern": shown[0]} if len(shown) == 1 else {"allOf": [{"pattern": one} for one in shown]}
