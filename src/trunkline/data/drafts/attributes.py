"""Attributes: under which name of Python a column of any name stands in the contract."""

from __future__ import annotations

import keyword
import unicodedata

OF_THE_MODEL = frozenset(
    [
        "Config",
        "build_schema_",
        "empty",
        "example",
        "from_json",
        "from_yaml",
        "get_metadata",
        "pydantic_validate",
        "strategy",
        "to_json",
        "to_json_schema",
        "to_schema",
        "to_yaml",
        "validate",
    ]
)
"""What a model of pandera has already."""
OF_THE_FILE = frozenset(["bool", "float", "int", "str", "pa", "pd", "trunkline"])
"""What the lines of the contract say themselves."""


def attribute_of(name: str, taken: set[str]) -> str:
    """Return the attribute of a column, and add it to those that are taken.

    Python reads a name in its normal form (NFKC), so the attribute has that form.
    """
    plain = "".join(one if f"_{one}".isidentifier() else "_" for one in unicodedata.normalize("NFKC", name))
    plain = plain.strip("_") or "column"
    if not plain.isidentifier() or keyword.iskeyword(plain) or plain in OF_THE_MODEL | OF_THE_FILE:
        plain = f"column_{plain}"
    free = plain
    number = 2
    while free in taken:
        free, number = f"{plain}_{number}", number + 1
    taken.add(free)
    return free
