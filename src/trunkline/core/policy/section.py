"""A section of the policy: frozen, and unknown keys are refused."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

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


@dataclass(frozen=True)
class Shape:
    """What a text looks like: a pattern for editors, and words for whoever wrote something else."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}

    def _checked(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(self.words)
        return value


NAME = Shape(r"^[a-z0-9][a-z0-9-]*$", "write it in small letters, digits and hyphens")


class Section(BaseModel):
    """A part of the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="wrap")
    @classmethod
    def _true_is_no_number(cls, given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        # Python reads it as 1, and a limit of 1 is another policy than the one that somebody meant.
        value = handler(given)
        if not isinstance(value, Section) and _booleans(given) > _booleans(value):
            raise ValueError("it takes a number, not true or false")
        return value

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Return what the keys mean: the text below each of them in the source.

        Pydantic's `use_attribute_docstrings` reads the source whenever the class is made: most of a verb's own start.
        """
        found: dict[str, str] = {}
        for section in reversed([each for each in cls.__mro__ if issubclass(each, Section)]):
            (made,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
            for key, below in itertools.pairwise(made.body if isinstance(made, ast.ClassDef) else ()):
                match key, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str() as said)),
                    ):
                        found[name] = inspect.cleandoc(said)
        return found

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        keys = handler.resolve_ref_schema(schema).get("properties", {})
        for name, said in cls.meanings().items():
            keys[name]["description"] = said
        return schema


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
