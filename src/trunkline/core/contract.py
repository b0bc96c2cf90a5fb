"""The contract: the one definition of a model's inputs and outcome, in a form that every room can read.

A project writes it as a pandera model; `trunkline.data` derives this record from it, and the record
travels with the snapshot and the bundle. Serving, monitoring and the card read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from .errors import ContractError
from .record import Record
from .times import stamp_text

CONTRACT_FILE = "contract.json"
"""In a snapshot, and in a bundle."""

Type = Literal["integer", "number", "boolean", "category", "text", "time"]
TASKS: Mapping[str, str] = {"integer": "regression", "number": "regression"}
"""The task that an outcome of this type means where the contract names none; classification by default."""


CATEGORIES_IN_WORDS = 20
"""Categories that the rule of a column names: it stands in tables, errors and every refusal of the service."""


class Role(StrEnum):
    """What a column is for."""

    FEATURE = "feature"
    """The model sees it."""
    AUDIT = "audit"
    """The model does not see it; gates and monitors do (a protected attribute kept out of the model)."""
    OUTCOME = "outcome"
    """What the model predicts."""
    KEY = "key"
    """Names a row. Sticky routing uses it where no user column exists. Logged hashed only."""
    USER = "user"
    """Names the user whose requests stay on one version. Logged hashed only."""
    TIME = "time"
    """When the event happened: a time, or a number such as the year."""


class Column(Record):
    """One column: `minimum` and `maximum` are inclusive and in `unit`; those of a time in seconds since 1970."""

    name: str
    type: Type
    role: Role = Role.FEATURE
    description: str = ""
    unit: str = ""
    nullable: bool = False
    protected: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    coded: bool = False
    """Whether the categories are whole numbers, as in `isin=[0, 1]`; `categories` writes them as texts."""
    patterns: tuple[str, ...] = ()
    """Regular expressions that a text must match, each as `re.search` of Python finds it."""
    shortest: int | None = None
    longest: int | None = None
    """The fewest and the most characters of a text."""
    example: str = ""
    """A text that keeps the rule, where the contract names one."""
    bands: tuple[float, ...] = ()
    """Edges at which a numeric protected attribute is cut into groups for audits."""

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Contracts from before these rules keep their digest, and so do snapshots that hold them.
        written: dict[str, Any] = handler(self)
        for name in ("coded", "patterns", "shortest", "longest", "example"):
            if written.get(name) in (False, None, "", (), []):
                written.pop(name, None)
        return written

    @property
    def numeric(self) -> bool:
        """Whether a model sees it as a number."""
        return self.coded or self.type in ("integer", "number", "boolean")

    def label(self, text: str) -> str | int | bool:
        """Return a category that is written as text in the column's own type: `"1"` is 1 where they are codes."""
        if self.type == "boolean":
            return text == "true"
        return int(text) if self.coded else text

    def rule(self) -> str:
        """Return in words what a value must be."""
        nouns = {
            "integer": "a whole number",
            "number": "a number",
            "boolean": "true or false",
            "category": _one_of(self.categories),
            "text": "a text" + _length(self.shortest, self.longest),
            "time": "a time in ISO 8601, such as 2024-05-31T22:30:00Z",
        }
        words = nouns[self.type]
        if self.patterns:
            words += f" that matches {' and '.join(self.patterns)}"
        if self.type == "time":
            words += f", not before {stamp_text(self.minimum)}" if self.minimum is not None else ""
            words += f", not after {stamp_text(self.maximum)}" if self.maximum is not None else ""
        elif self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f" of at least {self.minimum:g}"
        elif self.maximum is not None:
            words += f" of at most {self.maximum:g}"
        if self.unit and self.type in ("integer", "number"):
            words += f" ({self.unit})"
        return words + (", or null" if self.nullable else "")


def _length(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f" of {most} characters"
    if least and most is not None:
        return f" of {least} to {most} characters"
    return f" of at most {most} characters" if most is not None else f" of at least {least} characters"


def _one_of(categories: tuple[str, ...]) -> str:
    named = ", ".join(categories[:CATEGORIES_IN_WORDS])
    more = len(categories) - CATEGORIES_IN_WORDS
    return f"one of {named}" + (f" and {more:,} more" if more > 0 else "")


class Contract(Record):
    """The columns of a model's rows, in order."""

    SCHEMA: ClassVar[str] = "trunkline/contract/1"

    name: str
    description: str = ""
    columns: tuple[Column, ...]
    positive: str = ""
    """The outcome that scores are probabilities of; empty where there are not two classes."""
    answer: str = Field(default="", exclude_if=lambda value: not value)
    """The task, such as ranking, where the outcome's type does not say it."""

    @model_validator(mode="after")
    def _is_coherent(self) -> Contract:
        names = [column.name for column in self.columns]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"columns named twice: {', '.join(sorted(doubled))}")
        for role, least, most in (
            (Role.OUTCOME, 1, 1),
            (Role.KEY, 0, 1),
            (Role.USER, 0, 1),
            (Role.TIME, 0, 1),
        ):
            count = sum(column.role is role for column in self.columns)
            if not least <= count <= most:
                raise ValueError(f"{count} columns have the role {role.value!r}, and there may be {most}")
        if not self.features:
            raise ValueError("no column has the role 'feature'")
        if self.positive and self.positive not in self.outcome.categories:
            raise ValueError(f"positive outcome {self.positive!r} is not one of {self.outcome.categories}")
        if len(self.outcome.categories) == 2 and not self.positive:
            raise ValueError("a two-class outcome needs metadata 'positive': which of the two is it")
        return self

    @property
    def task(self) -> str:
        """Return the name of the task: what kind of answer a model gives."""
        return self.answer or TASKS.get(self.outcome.type, "classification")

    @property
    def outcome(self) -> Column:
        """Return the column that the model predicts."""
        return next(column for column in self.columns if column.role is Role.OUTCOME)

    @property
    def features(self) -> tuple[Column, ...]:
        """Return the columns that the model sees, in the order in which it sees them."""
        return tuple(column for column in self.columns if column.role is Role.FEATURE)

    @property
    def protected(self) -> tuple[Column, ...]:
        """Return the protected attributes, whether the model sees them or not."""
        return tuple(column for column in self.columns if column.protected)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns of a request: all but the outcome."""
        return tuple(column for column in self.columns if column.role is not Role.OUTCOME)

    @property
    def logged(self) -> tuple[Column, ...]:
        """Return the columns that the prediction log keeps in the clear."""
        return tuple(column for column in self.inputs if column.role not in (Role.KEY, Role.USER))

    def of_role(self, role: Role) -> Column | None:
        """Return the one column that has this role, or None."""
        return next((column for column in self.columns if column.role is role), None)

    @property
    def sticky(self) -> Column | None:
        """Return the column by which a canary keeps a user on one version."""
        return self.of_role(Role.USER) or self.of_role(Role.KEY)

    def column(self, name: str) -> Column:
        """Return a column by its name.

        Raises ContractError when there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(
            f"The contract {self.name} has no column {name}.",
            next_step=f"use one of {', '.join(column.name for column in self.columns)}",
        )


def as_label(value: object) -> str:
    """Return a value as labels, categories and user keys are written: text, with `true` and `false` in lower case."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
