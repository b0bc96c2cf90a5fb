"""The request model: what the contract lets a caller send, checked strictly and described in the API's docs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from trunkline.core.contract import Column, Contract, Role
from trunkline.inputs import InputType, input_of
from trunkline.inputs.profiles import AnyProfile

from .fitting import Fitted, fit_row, fit_rows
from .problems import Refused, details_of, explain
from .weight import too_heavy

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

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        outcome: str = "",
        maximum_rows: int = 1000,
        references: Mapping[str, AnyProfile] | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self._references = dict(references or {})
        self.outcome = outcome
        self.maximum_rows = maximum_rows
        self._held = [input_of(column) for column in self.columns]
        self._names = frozenset(column.name for column in self.columns)
        self._required = tuple(column.name for column in self.columns if not _optional(column))
        fields = {column.name: _annotation(column) for column in self.columns}
        row: Any = _typed("Row", fields)
        batch = _typed("Batch", {"rows": Annotated[list[row], Field(min_length=1, max_length=maximum_rows)]})
        self._row = TypeAdapter[dict[str, Any]](row)
        self._batch = TypeAdapter[dict[str, Any]](batch)
        # What a request is validated by: which fields are there was seen before.
        part: Any = _typed("Part", fields, total=False)
        self._one = TypeAdapter[dict[str, Any]](part)
        self._many = TypeAdapter[dict[str, Any]](
            _typed("Parts", {"rows": Annotated[list[part], Field(min_length=1)]})
        )

    @property
    def bulk(self) -> int:
        """Return how many bytes more than others a body may have: for images."""
        return sum(held.bulk for held in self._held)

    @property
    def sole(self) -> InputType | None:
        """Return the one input that a row must have, where it is the only one and may come as a file."""
        required = [held for held in self._held if held.column.name in self._required]
        return required[0] if len(required) == 1 and required[0].media else None

    def row(self, body: bytes) -> dict[str, Any]:
        """Return the one row that a body holds, with the fields that were sent.

        Raises Refused with every problem found.
        """
        return self._validated(self._one, fit_row(body, self._names, self._required))

    def rows(self, body: bytes) -> list[dict[str, Any]]:
        """Return the rows of a batch.

        Raises Refused with every problem found, each with the index of its row.
        """
        most = self.maximum_rows
        fitted = fit_rows(body, self._names, self._required, most=most)
        rows: list[dict[str, Any]] = self._validated(self._many, fitted, maximum_rows=most)["rows"]
        return rows

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | Refused]:
        """Return each of these rows, as JSON has them, as it is taken from a body; or why it is refused."""
        bodies = [json.dumps(row).encode() for row in rows]
        try:
            return list(self.rows(b'{"rows":[%b]}' % b",".join(bodies))) if bodies else []
        except Refused:
            return [self._value(body) for body in bodies]

    def _value(self, body: bytes) -> dict[str, Any] | Refused:
        try:
            return self.row(body)
        except Refused as refusal:
            return refusal

    def _validated(
        self, form: TypeAdapter[dict[str, Any]], fitted: Fitted, *, maximum_rows: int = 0
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if heavy := maximum_rows and too_heavy(fitted.sent, self._held):
            raise Refused(heavy)
        details = fitted.details
        try:
            found = form.validate_json(fitted.body)
        except ValidationError as error:
            details = [*details, *details_of(error)]
        if details:
            problems = explain(
                details, self.columns, fitted.sent, outcome=self.outcome, maximum_rows=maximum_rows
            )
            raise Refused(problems)
        return found

    def logged(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the prediction log keeps of a row: every feature, and what else was sent but keys and users.

        Of a user whom the model sees it is whether the reference knew him.
        """
        kept = {
            name: held.logged(row.get(name))
            for held in self._held
            if ((name := held.column.name) in row and held.column.role not in SECRET)
            or held.column.role is Role.FEATURE
        }
        marked = {
            name: held.marked(row.get(name), self._references[name])
            for held in self._held
            if held.column.seen and (name := held.column.name) in self._references
        }
        return kept | marked

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
        row = self._row.json_schema() | {"example": {held.column.name: held.example() for held in self._held}}
        batch = self._batch.json_schema(ref_template="#/components/schemas/{model}")
        batch.pop("$defs", None)
        return {"Row": row, "Batch": batch}


def _typed(name: str, fields: dict[str, Any], *, total: bool = True) -> Any:
    # The functional form takes column names that are no Python names, such as "hours per week".
    make: Any = TypedDict
    made = make(name, fields, total=total)
    made.__pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    return made


def _optional(column: Column) -> bool:
    return column.nullable or column.role is not Role.FEATURE


def _annotation(column: Column) -> Any:
    optional = _optional(column)
    held = input_of(column)
    kind = held.annotation()
    kind = kind | None if optional else kind
    extra: dict[str, Any] = {"x-role": column.role.value}
    if column.unit:
        extra["x-unit"] = column.unit
    words = f"{column.description.rstrip('.')}. " if column.description else ""
    rule = held.rule()
    text = f"{words}{rule[0].upper()}{rule[1:]}." + (" Optional." if optional else "")
    field = Field(title=column.name, description=text, json_schema_extra=extra)
    annotated: Any = Annotated[kind, field]
    return NotRequired[annotated] if optional else annotated
