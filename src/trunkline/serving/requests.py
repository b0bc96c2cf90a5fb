"""The request model: what the contract lets a caller send, checked strictly and described in the API's docs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.examples import example
from trunkline.core.patterns import published
from trunkline.core.reading import DoubledKey, single
from trunkline.core.values import LARGEST_INT64, check_value

from .problems import Refused, doubled, explain

LARGEST_FLOAT32 = 3.4028234663852886e38
SECRET = (Role.KEY, Role.USER)
SINGULAR = (Role.KEY, Role.USER, Role.TIME)


def request_columns(champion: Contract, challenger: Contract | None = None) -> tuple[Column, ...]:
    """Return the columns that a request may have: the champion's inputs, then what only the challenger knows.

    The challenger's own columns are optional, so that callers can begin to send them while it is on trial.
    """
    taken = {column.name for column in champion.columns}
    roles = {column.role for column in champion.inputs}
    added = (
        column.model_copy(update={"nullable": True})
        for column in (challenger.inputs if challenger else ())
        if column.name not in taken and not (column.role in SINGULAR and column.role in roles)
    )
    return (*champion.inputs, *added)


class RequestModel:
    """Checks bodies against columns: nothing is coerced, nothing unknown is let through."""

    def __init__(self, columns: Sequence[Column], *, outcome: str = "", maximum_rows: int = 1000) -> None:
        self.columns = tuple(columns)
        self.outcome = outcome
        self.maximum_rows = maximum_rows
        row: Any = _typed("Row", {column.name: _annotation(column) for column in self.columns})
        batch = _typed("Batch", {"rows": Annotated[list[row], Field(min_length=1, max_length=maximum_rows)]})
        self._row = TypeAdapter[dict[str, Any]](row)
        self._batch = TypeAdapter[dict[str, Any]](batch)

    def row(self, body: bytes) -> dict[str, Any]:
        """Return the one row that a body holds, with the fields that were sent.

        Raises Refused with every problem found.
        """
        _require_single_keys(body)
        try:
            return self._row.validate_json(body)
        except ValidationError as error:
            raise Refused(explain(error, self.columns, outcome=self.outcome)) from None

    def rows(self, body: bytes) -> list[dict[str, Any]]:
        """Return the rows of a batch.

        Raises Refused with every problem found, each with the index of its row.
        """
        _require_single_keys(body)
        try:
            rows: list[dict[str, Any]] = self._batch.validate_json(body)["rows"]
        except ValidationError as error:
            raise Refused(
                explain(error, self.columns, outcome=self.outcome, maximum_rows=self.maximum_rows)
            ) from None
        return rows

    def logged(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the prediction log keeps of a row: every feature, and what else was sent but keys and users."""
        return {
            column.name: row.get(column.name)
            for column in self.columns
            if column.role is Role.FEATURE or (column.role not in SECRET and column.name in row)
        }

    def broken(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields in which a row for another contract breaks this one; unknown ones are passed over."""
        names = {column.name for column in self.columns}
        try:
            self._row.validate_python({name: value for name, value in row.items() if name in names})
        except ValidationError as error:
            return tuple(sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}))
        return ()

    def schemas(self) -> dict[str, dict[str, Any]]:
        """Return the JSON Schemas of a row and of a batch, for the API's description."""
        row = self._row.json_schema() | {"example": {c.name: example(c) for c in self.columns}}
        batch = self._batch.json_schema(ref_template="#/components/schemas/{model}")
        batch.pop("$defs", None)
        return {"Row": row, "Batch": batch}


def _require_single_keys(body: bytes) -> None:
    """Raise Refused where an object of the body holds a key twice: pydantic would take the last."""
    try:
        json.loads(body, object_pairs_hook=single)
    except DoubledKey as error:
        raise Refused(doubled(error.key)) from None
    except (ValueError, RecursionError):
        return  # pydantic says what is wrong, and where


def _typed(name: str, fields: dict[str, Any]) -> Any:
    # The functional form takes column names that are no Python names, such as "hours per week".
    make: Any = TypedDict
    made = make(name, fields)
    made.__pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    return made


def _annotation(column: Column) -> Any:
    numeric = column.type in ("integer", "number")
    whole = column.type == "integer"
    bounds: dict[str, Any] = {}
    if numeric and column.minimum is not None:
        bounds["ge"] = _bound(column.minimum, math.ceil, whole)
    if numeric and column.maximum is not None:
        bounds["le"] = _bound(column.maximum, math.floor, whole)
    optional = column.nullable or column.role is not Role.FEATURE
    kinds: dict[str, Any] = {
        "integer": Annotated[int, Field(**bounds), AfterValidator(_fits_integer)],
        "number": Annotated[float, Field(**bounds), AfterValidator(_fits_number)],
        "boolean": bool,
        "category": _category(column),
        "text": Annotated[
            str,
            Field(
                min_length=column.shortest,
                max_length=column.longest,
                json_schema_extra=dict(published(column.patterns)),
            ),
            AfterValidator(_checked(column)),
        ],
        "time": Annotated[
            str, Field(json_schema_extra={"format": "date-time"}), AfterValidator(_checked(column))
        ],
    }
    kind = kinds[column.type]
    kind = kind | None if optional else kind
    extra: dict[str, Any] = {"x-role": column.role.value}
    if column.unit:
        extra["x-unit"] = column.unit
    words = f"{column.description.rstrip('.')}. " if column.description else ""
    rule = column.rule()
    text = f"{words}{rule[0].upper()}{rule[1:]}." + (" Optional." if optional else "")
    field = Field(title=column.name, description=text, json_schema_extra=extra)
    annotated: Any = Annotated[kind, field]
    return NotRequired[annotated] if optional else annotated


def _category(column: Column) -> Any:
    if not column.categories:
        return str
    # A Literal of 0 and 1 would take true and false: they are equal in Python.
    allowed: Any = Literal[tuple(map(column.label, column.categories))]
    return Annotated[allowed, BeforeValidator(_no_boolean)] if column.coded else allowed


def _no_boolean(value: object) -> object:
    if isinstance(value, bool | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _checked(column: Column) -> Callable[[str], str]:
    def checked(value: str) -> str:
        try:
            check_value(value, column)
        except ValueError as error:
            raise PydanticCustomError(
                "rule", "Input breaks its rule: {reason}", {"reason": str(error)}
            ) from None
        return value

    return checked


def _bound(value: float, inwards: Callable[[float], int], whole: bool) -> float | int:
    return inwards(value) if whole and math.isfinite(value) else value


def _fits_integer(value: int) -> int:
    if not -LARGEST_INT64 <= value <= LARGEST_INT64:
        raise PydanticCustomError("too_large", "Input should fit 64 bits")
    return value


def _fits_number(value: float) -> float:
    # Models compute in float32: what does not fit would reach them as infinity.
    if not -LARGEST_FLOAT32 <= value <= LARGEST_FLOAT32:
        raise PydanticCustomError("too_large", "Input should fit a 32-bit float")
    return value
