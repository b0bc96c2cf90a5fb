"""A section of the policy: frozen, and unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _true_is_no_number(cls, given: Any) -> Any:
        # Python reads it as 1, and a limit of 1 is another policy than the one that somebody meant.
        for name, value in given.items() if isinstance(given, Mapping) else ():
            field = cls.model_fields.get(name)
            if field is None or not _numeric(field.annotation):
                continue
            inner = (
                value.values()
                if isinstance(value, Mapping)
                else value
                if isinstance(value, list)
                else [value]
            )
            if any(isinstance(one, bool) for one in inner):
                raise ValueError(f"{name} takes a number, and true or false is none")
        return given


def _numeric(annotation: Any) -> bool:
    """Return whether a field takes numbers, alone or as the values of a mapping, and no yes or no."""
    if get_origin(annotation) is Annotated:
        return _numeric(get_args(annotation)[0])
    kinds = get_args(annotation) or (annotation,)
    if bool in kinds:
        return False
    return any(kind in (int, float) or (get_args(kind) and _numeric(kind)) for kind in kinds)
