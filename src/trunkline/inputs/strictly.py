"""Strictly: a type's own check as a validator of pydantic, with its own reason."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import PydanticCustomError


def strictly(read: Callable[[object], object]) -> Callable[[str], str]:
    """Return a validator that lets a text through as it was sent, once `read` takes it."""

    def checked(value: str) -> str:
        try:
            read(value)
        except ValueError as error:
            raise PydanticCustomError(
                "rule", "Input breaks its rule: {reason}", {"reason": str(error)}
            ) from None
        return value

    return checked
