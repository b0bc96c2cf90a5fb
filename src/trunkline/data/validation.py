"""Do rows keep the contract: which column, which rule, how many rows, which values."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import ContractError, DataError
from trunkline.core.raised import asking, one_line
from trunkline.inputs import input_of
from trunkline.inputs.text import text_fault

from .exact import read_column
from .parquet import as_frame
from .rows import typed
from .schema import contract_from
from .text_rules import CHECKS

SHOWN = 5
TYPE_CHECKS = ("coerce_dtype", "dtype(")
AS_TEXT = " (pandas reads codes as numbers by default; use read_csv(..., dtype=str))"


@dataclass(frozen=True)
class Breach:
    """One rule that rows break; `rows` counts them (0 for a column that is missing or not in the contract)."""

    column: str
    rule: str
    rows: int = 0
    values: tuple[object, ...] = ()

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.column} {self.rule}"
        return f"{self.column} {self.rule}, broken by {self.rows:,} row{'s' if self.rows > 1 else ''}"


def check_rows(frame: Any, schema: type[pa.DataFrameModel], *, origin: str = "load()") -> pd.DataFrame:
    """Return the rows in the contract's types and column order; see `parquet.as_frame` for what is read here.

    Types are converted where nothing is lost. Raises DataError that names every column and rule broken, with the
    number of rows and up to five values each; an empty frame is an error too. `origin` names the rows in the error.
    """
    contract = contract_from(schema)
    frame = as_frame(frame, contract, origin=origin)
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"{origin} must give a pandas DataFrame, or point to Parquet.",
            value=type(frame).__name__,
            next_step=f"correct {origin}",
        )
    breaches, rows = inspect_rows(frame, schema, contract)
    if breaches or rows is None:
        found = {breach.column: list(breach.values) for breach in breaches if breach.values}
        raise DataError(
            f"The rows of {origin} break the contract {contract.name}: "
            + "; ".join(map(str, breaches))
            + ".",
            value=found or None,
            next_step=f"correct {origin}; or, if the world has changed, the contract",
        )
    return rows


def inspect_rows(
    frame: pd.DataFrame, schema: type[pa.DataFrameModel], contract: Contract, *, whole: bool = True
) -> tuple[list[Breach], pd.DataFrame | None]:
    """Return what is broken, each rule once, and, where nothing is, the rows in the contract's types.

    A frame that is not the `whole` source was read before: it is not parsed again, and checks that answer for all
    rows at once, with no row to name, are left out.
    """
    if not len(frame):
        return [Breach("the frame", "has no rows")], None
    frame = frame.reset_index(drop=True)
    breaches = [_missing(name, frame.columns) for name in _names(contract) if name not in frame.columns]
    doubled = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    breaches += [Breach(name, "appears twice") for name in doubled]
    if breaches:
        return breaches, None
    # pandera keeps the one schema that it made of a model, and what is changed here is for this call.
    ready = copy.deepcopy(schema.to_schema())
    ready.coerce = True
    if whole:
        backend: Any = ready.get_backend(frame)
        with _contract_asked():
            frame = backend.run_parsers(ready, frame)
    ready.parsers = []
    for column in contract.columns:
        field = ready.columns[column.name]
        if not whole:
            field.parsers = []
        # Asked by `_read`, as the service asks them: pandas would take another reader of expressions.
        if input_of(column).free:
            field.checks = [check for check in field.checks if check.name not in CHECKS]
        frame[column.name], lost = _read(frame[column.name], column, field)
        # What a parser of the column is there to mend is no breach yet.
        if lost is not None and not field.parsers:
            breaches.append(lost)
    refused = {breach.column for breach in breaches}
    try:
        with _contract_asked():
            checked = ready.validate(frame, lazy=True)
    except SchemaErrors as error:
        failures = error.failure_cases if whole else _of_rows(error.failure_cases)
        breaches += [b for b in _breaches(failures, frame, contract) if b.column not in refused]
        if breaches:
            return _merged(breaches), None
        checked = frame
    if not breaches:
        read = [
            _read(checked[column.name], column, ready.columns[column.name])[1] for column in contract.columns
        ]
        breaches = [breach for breach in read if breach is not None]
    return _merged(breaches), None if breaches else typed(checked, contract)


def _contract_asked() -> AbstractContextManager[None]:
    return asking(
        "A parser or check of the contract raised",
        "correct contract.py",
        kind=ContractError,
        answers=(SchemaErrors,),
    )


def _of_rows(failures: pd.DataFrame) -> pd.DataFrame:
    check = failures["check"].astype(str)
    structural = check.str.startswith(TYPE_CHECKS) | check.eq("column_in_schema")
    # A check that answered no has that as its case; one that broke has what it raised.
    broke = failures["failure_case"].map(lambda case: isinstance(case, str)) & failures["index"].isna()
    return failures[failures["index"].notna() | structural | broke]


def _merged(breaches: list[Breach]) -> list[Breach]:
    # The two ends of a range are two checks of pandera's and one rule of the contract's.
    merged: dict[tuple[str, str], Breach] = {}
    for new in breaches:
        old = merged.get((new.column, new.rule), Breach(new.column, new.rule))
        values = tuple(dict.fromkeys(old.values + new.values))[:SHOWN]
        merged[new.column, new.rule] = Breach(new.column, new.rule, old.rows + new.rows, values)
    return list(merged.values())


def _names(contract: Contract) -> list[str]:
    return [column.name for column in contract.columns]


def _missing(name: str, present: Iterable[Any]) -> Breach:
    guess = difflib.get_close_matches(name, [str(other) for other in present], n=1)
    return Breach(name, "is missing" + (f" (is it {guess[0]!r}?)" if guess else ""))


def _read(values: pd.Series, column: Column, field: pa.Column) -> tuple[pd.Series, Breach | None]:
    """Return a column as pandera is to check it, or as it was and what is wrong with it."""
    read, wrong = read_column(values, column)
    wrong |= _beyond(read, field)
    if wrong.any():
        textual = input_of(column).textual
        rule = f"must be {input_of(column).rule()}" + AS_TEXT * textual
        return values, Breach(column.name, rule, int(wrong.sum()), _shown(values[wrong].tolist()))
    faulty = (
        {text for text in read.dropna().unique() if text_fault(text, column)}
        if input_of(column).free
        else set()
    )
    if faulty:
        broken = read.isin(faulty)
        rule = f"must be {input_of(column).rule()}"
        return values, Breach(column.name, rule, int(broken.sum()), _shown(values[broken].tolist()))
    declared = str(field.dtype)
    if declared.startswith("datetime"):
        # pandera checks a time; what is kept is its text.
        times = pd.to_datetime(read, format="ISO8601")
        return (times.dt.tz_localize("UTC") if "," in declared else times), None
    return read, None


def _beyond(read: pd.Series, field: pa.Column) -> pd.Series:
    """Return which whole numbers do not fit the declared type: pandas would wrap 300 to 44 in eight bits."""
    declared = re.fullmatch(r"u?int(8|16|32|64)", str(field.dtype).lower())
    if declared is None or not pd.api.types.is_integer_dtype(read.dtype):
        return pd.Series(False, index=read.index)
    ends = np.iinfo(declared[0])
    return ((read < ends.min) | (read > ends.max)).fillna(False).astype(bool)


def _breaches(failures: pd.DataFrame, frame: pd.DataFrame, contract: Contract) -> list[Breach]:
    columns = {column.name: column for column in contract.columns}
    mistyped = set(failures.loc[failures["check"].astype(str).str.startswith(TYPE_CHECKS), "column"])
    breaches = []
    # pandera reports a rule over whole rows once for each column.
    failures = failures.assign(column=failures["column"].where(failures["schema_context"] == "Column", ""))
    groups = failures.groupby(["schema_context", "column", "check"], sort=False, dropna=False)
    for key, rows in groups:
        context, name, check = map(str, key)
        if context != "Column":
            breaches += _of_frame(check, rows)
        elif check == "not_nullable":
            breaches.append(Breach(name, "must not be null", _count(rows)))
        elif check.startswith("dtype("):
            if not ((failures["column"] == name) & (failures["check"].str.startswith("coerce_dtype"))).any():
                rule = f"must be {input_of(columns[name]).rule()}"
                breaches.append(Breach(name, rule, len(frame), _shown(frame[name].tolist())))
        elif check.startswith("coerce_dtype"):
            # A null that has no room in a type is reported as a null.
            if len(rows := rows[rows["failure_case"].notna()]):
                rule = f"must be {input_of(columns[name]).rule()}"
                breaches.append(Breach(name, rule, _count(rows), _shown(rows["failure_case"].tolist())))
        elif name not in mistyped:
            breaches.append(_of_check(columns[name], check, rows))
    return breaches


def _of_check(column: Column, check: str, rows: pd.DataFrame) -> Breach:
    if rows["index"].isna().all():
        return Breach(column.name, f"cannot be tested by {check}: {one_line(rows['failure_case'].iloc[0])}")
    rule = {"field_uniqueness": "must not repeat a value"}.get(check, f"must keep {check}")
    if check.startswith(("isin", "in_range", "greater_than", "less_than")):
        rule = f"must be {input_of(column).rule()}"
    return Breach(column.name, rule, _count(rows), _shown(rows["failure_case"].tolist()))


def _of_frame(check: str, rows: pd.DataFrame) -> list[Breach]:
    if check == "column_in_schema":
        return [Breach(str(name), "is not in the contract") for name in rows["failure_case"]]
    return [Breach("the row", f"must keep {check}", _count(rows))]


def _count(rows: pd.DataFrame) -> int:
    return int(rows["index"].nunique()) or len(rows)


def _shown(values: list[Any]) -> tuple[object, ...]:
    distinct = dict.fromkeys(value.item() if isinstance(value, np.generic) else value for value in values)
    return tuple(list(distinct)[:SHOWN])
