"""Problems: what pydantic finds wrong with a value, in the words of whoever has to correct it."""

from __future__ import annotations

from typing import Any

TAKES = {
    **dict.fromkeys(("tuple_type", "list_type"), "it takes a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "it takes keys and values"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "it takes a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "it takes a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "it takes true or false"),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), "it takes a time"),
    "extra_forbidden": "it is not known",
    "missing": "it is missing",
    "string_type": "it takes a text",
    "string_too_short": "it is empty",
    "too_short": "it is empty",
}
"""What a key takes, by pydantic's name of the problem."""


def wording(problem: Any) -> str:
    """Return what is wrong with the value of a key, without the key and the value."""
    said = str(problem["msg"]).removeprefix("Value error, ").replace("Input should be", "it must be")
    return TAKES.get(problem["type"], said)
