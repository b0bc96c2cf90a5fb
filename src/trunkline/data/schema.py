"""From the project's pandera model to the contract that every room reads."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

import pandera.pandas as pa
from pydantic import ValidationError

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ContractError
from trunkline.core.plugins import OURS
from trunkline.core.project import Project
from trunkline.core.raised import asking
from trunkline.inputs import InputType, input_of
from trunkline.inputs.text import text_fault
from trunkline.tasks import task_of

from .categories import allowed, categories_of, require_kept
from .holds import CATEGORY, check_keys, declared, require_open
from .ranges import range_of
from .text_rules import require_example, text_rules

METADATA = ("role", "holds", "unit", "protected", "bands", "positive", "answer", "example")
OF_THE_OUTCOME = ("positive", "answer")
"""The keys that say something of the answer."""
NULLABLE = {"int64": "pd.Int64Dtype", "bool": "pd.BooleanDtype"}


def project_schema(project: Project) -> type[pa.DataFrameModel]:
    """Return the class `Contract` of the project's contract.py.

    Raises ProjectError when there is none, ContractError when it is not a pandera model.
    """
    schema = project.plug("contract", "Contract")
    if not (inspect.isclass(schema) and issubclass(schema, pa.DataFrameModel)):
        raise ContractError(
            f"Contract in src/{project.policy.package}/contract.py is not a pandera DataFrameModel.",
            value=schema,
            next_step="write `class Contract(pa.DataFrameModel)` with `import pandera.pandas as pa`",
        )
    return schema


def project_contract(project: Project) -> Contract:
    """Return the project's contract, named by its Config or else by the policy.

    Raises ContractError as `contract_from` does, and when there is no task of the name that the outcome says.
    """
    schema = project_schema(project)
    contract = contract_from(schema)
    if contract.task not in OURS["tasks"]:
        raise ContractError(
            f"{contract.outcome.name}: no task has the name that `answer` says.",
            value=contract.task,
            next_step=f"use one of {', '.join(OURS['tasks'])}, or leave it out",
        )
    # pandera names a model that has no name in its Config after its class.
    named = contract.name != schema.__name__
    return contract if named else contract.model_copy(update={"name": project.policy.name})


def contract_from(schema: type[pa.DataFrameModel]) -> Contract:
    """Return the contract that a pandera model says.

    Types: int is *integer*, float *number*, bool *boolean*, pd.Timestamp *time*, str with `isin` *category* (in the
    declared order), str without it *text*, or *time* where it is the event time. An int with `isin` is a category whose
    codes are whole numbers; an int outcome from 0 to 1 is one too.
    Ranges come from `ge`, `le`, `gt`, `lt` and `in_range`; the contract's ends are inclusive, so
    an open end moves by one on whole numbers and is refused on fractional ones; types such as int8 have ends too.
    Patterns and lengths of a text come from `str_matches`, `str_contains`, `str_startswith`, `str_endswith` and
    `str_length`. Other checks hold for data alone; `unchecked` names them. A boolean outcome has the categories
    `false` and `true`, positive unless the field says otherwise. Its `answer` names the task where the type does not.
    Raises ContractError that names the field and the key.
    """
    with asking(
        f"{schema.__name__} in contract.py is no contract:",
        "correct the class in contract.py",
        kind=ContractError,
    ):
        ready = schema.to_schema()
    columns = tuple(_column(str(key), field) for key, field in ready.columns.items())
    positive = next((p for p in (_positive(field) for field in ready.columns.values()) if p), "")
    outcome, answer = next((column for column in columns if column.role is Role.OUTCOME), None), ""
    if outcome is not None:
        answer = _text(outcome.name, "answer", (ready.columns[outcome.name].metadata or {}).get("answer", ""))
        _check_outcome(outcome)
    try:
        contract = Contract(
            name=ready.name or schema.__name__,
            description=ready.description or "",
            columns=columns,
            positive=positive,
            answer=answer,
        )
    except ValidationError as problem:
        said = "; ".join(row["msg"].removeprefix("Value error, ") for row in problem.errors())
        raise ContractError(
            f"The contract {schema.__name__} does not hold together: {said}.",
            next_step="correct its fields in contract.py",
        ) from problem
    if contract.task not in OURS["tasks"]:
        return contract
    task = task_of(contract)
    task.check(contract)
    if not positive and "positive" in task.traits(contract):
        return contract.model_copy(update={"positive": input_of(contract.outcome).yes()})
    return contract


def _column(name: str, field: pa.Column) -> Column:
    metadata: Mapping[str, Any] = field.metadata or {}
    if field.regex or not field.required:
        raise ContractError(
            f"{name}: a column of the contract has one name and is always there.",
            next_step="declare each column by its name; allow nulls with nullable=True instead of Optional",
        )
    role = _role(name, metadata)
    values = allowed(name, field)
    kind, numbered = declared(name, field, role, metadata.get("holds", ""))
    held = input_of(Column(name=name, type=kind, role=role, coded=numbered))
    check_keys(name, metadata, (*METADATA, *held.keys))
    low, high = range_of(field, held)
    if held.whole and role is Role.OUTCOME and not values and (low, high) == (0, 1):
        values = (0, 1)
    coded = numbered or (held.whole and bool(values))
    categories = categories_of(held, values)
    if field.nullable and held.stored in NULLABLE and str(field.dtype) not in ("Int64", "boolean"):
        raise ContractError(
            f"{name}: {field.dtype} has no room for nulls.",
            next_step=f"declare it as `{name}: {NULLABLE[held.stored]} = pa.Field(nullable=True, ...)`",
        )
    for key in OF_THE_OUTCOME:
        if key in metadata and role is not Role.OUTCOME:
            raise ContractError(
                f"{name}: {key!r} belongs to the outcome, and this column has the role {role.value!r}.",
                next_step="move it to the field with the role 'outcome'",
            )
    listed = bool(categories)
    require_open(held, listed=listed)
    if role is Role.OUTCOME:
        categories = categories or held.classes()
    if listed:
        beyond = [
            code
            for code in values
            if coded and not (code if low is None else low) <= code <= (code if high is None else high)
        ]
        if beyond:
            raise ContractError(
                f"{name}: isin allows a number that another check refuses.",
                value=beyond[0],
                next_step="take it out of isin, or correct the other check",
            )
        kind, low, high = CATEGORY, None, None
    rules = text_rules(name, field.checks) if not coded and (listed or held.textual) else {}
    column = Column(
        name=name,
        type=kind,
        role=role,
        description=field.description or "",
        unit=_text(name, "unit", metadata.get("unit", "")),
        nullable=bool(field.nullable),
        protected=_flag(name, "protected", metadata.get("protected", False)),
        minimum=low,
        maximum=high,
        categories=categories,
        coded=coded,
        seen=held.catalogued and role is Role.USER,
        bands=_bands(held, metadata.get("bands", ())),
    )
    if role is Role.WEIGHT and (listed or not held.quantity or field.nullable or low is None or low < 0):
        raise ContractError(
            f"{name}: a weight is a number of at least 0, and never null.",
            next_step=f"declare it as `{name}: float = trunkline.field(role='weight', ge=0)`",
        )
    if listed:
        require_kept(column.model_copy(update=rules))
        return column
    column = column.model_copy(update={**rules, **held.said(metadata)})
    column = column.model_copy(update={"example": require_example(column, metadata.get("example", ""))})
    if held.free and text_fault(str(input_of(column).example()), column):
        raise ContractError(
            f"{name}: nobody can tell which text keeps the rule: {input_of(column).rule()}.",
            next_step="name one, as trunkline.field(example='...'): documentation and tests send it",
        )
    return column


def _role(name: str, metadata: Mapping[str, Any]) -> Role:
    value = metadata.get("role", Role.FEATURE)
    try:
        return Role(value)
    except ValueError as error:
        known = [role.value for role in Role]
        guess = difflib.get_close_matches(str(value), known, n=1)
        hint = f"did you mean {guess[0]!r}?" if guess else f"known roles: {', '.join(known)}"
        raise ContractError(
            f"{name}: unknown role ({hint})", value=value, next_step="correct its `role` in contract.py"
        ) from error


def _bands(held: InputType, value: Any) -> tuple[float, ...]:
    name = held.column.name
    edges = tuple(value) if isinstance(value, list | tuple) else (value,)
    numeric = all(isinstance(edge, int | float) and not isinstance(edge, bool) for edge in edges)
    if not numeric or list(edges) != sorted(set(edges)):
        raise ContractError(f"{name}: 'bands' must be numbers that rise, as [18, 25, 35].", value=value)
    if edges and not held.quantity:
        raise ContractError(
            f"{name}: 'bands' cut numbers into groups, and this column holds {held.column.type}."
        )
    return tuple(float(edge) for edge in edges)


def _positive(field: pa.Column) -> str:
    value = (field.metadata or {}).get("positive", "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_outcome(outcome: Column) -> None:
    if outcome.nullable:
        raise ContractError(
            f"{outcome.name}: nobody can learn from a null outcome.",
            next_step="drop such rows in load() and take nullable=True away",
        )


def _text(name: str, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ContractError(f"{name}: {key!r} must be a text.", value=value)
    return value


def _flag(name: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ContractError(f"{name}: {key!r} must be True or False.", value=value)
    return value
