"""A section of the policy: frozen, and unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    field_validator,
)

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
Several = TypeVar("Several", bound=Sequence[Any])


def _distinct(values: Several) -> Several:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ValueError(f"{value!r} stands twice")
    return values


Distinct = Annotated[Several, AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True})]
"""A list in which nothing stands twice."""


class Section(BaseModel):
    """A part of the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="wrap")
    @classmethod
    def _true_is_no_number(cls, given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        # Python reads it as 1, and a limit of 1 is another policy than the one that somebody meant.
        value = handler(given)
        if not isinstance(value, Section) and _booleans(given) > _booleans(value):
            raise ValueError("it takes a number, and true or false is none")
        return value


def _booleans(value: object) -> int:
    """Return how many booleans a value is, or holds itself as a list or mapping."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    return sum(isinstance(one, bool) for one in (value if isinstance(value, list | tuple) else (value,)))


def require_distinct(values: Sequence[Any], key: str) -> None:
    """Raise ValueError where two sections of a list have the same value of `key`, which tells them apart."""
    try:
        _distinct([getattr(value, key) for value in values])
    except ValueError as error:
        raise ValueError(f"the {key} {error}") from None
