"""The contract: the one definition of a model's inputs and outcome, in a form that every room can read.

A project writes it as a pandera model; `trunkline.data` derives this record from it, and the record
travels with the snapshot and the bundle. Serving, monitoring and the card read nothing else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from .errors import ContractError
from .plugins import OURS, plugin
from .record import Record

CONTRACT_FILE = "contract.json"
"""In a snapshot, and in a bundle."""


def _known(name: str) -> str:
    if name not in OURS["inputs"]:
        raise ValueError(f"no input type has the name {name!r}: use one of {', '.join(OURS['inputs'])}")
    return name


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
    ITEM = "item"
    """What in the answer a row's outcome is about, where answers are lists: rows of one key are then one answer."""
    WEIGHT = "weight"
    """How much a row counts when a model is fitted; no request has it."""
    TIME = "time"
    """When the event happened: a time, or a number such as the year."""


OF_ROWS_ALONE = (Role.OUTCOME, Role.ITEM, Role.WEIGHT)
"""Roles of columns that rows of data have, and requests have not."""


class Column(Record):
    """One column: `minimum` and `maximum` are inclusive and in `unit`; those of a time in seconds since 1970."""

    name: str
    type: Annotated[str, AfterValidator(_known)]
    """What it holds: the name of an input type."""
    role: Role = Role.FEATURE
    description: str = ""
    unit: str = ""
    nullable: bool = False
    protected: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    coded: bool = False
    """Whether the categories, or the ids of an entity, are whole numbers; `categories` writes them as texts."""
    seen: bool = False
    """Whether the model sees it though its role is another: the user, where it is an entity."""
    patterns: tuple[str, ...] = ()
    """Regular expressions that a text must match, each as `re.search` of Python finds it."""
    shortest: int | None = None
    longest: int | None = None
    """The fewest and the most characters of a text, and of an image as it is sent."""
    thumbnail: int = 0
    """Pixels of the longer side of what the log keeps of an image; 0 keeps no picture."""
    example: str = ""
    """A text that keeps the rule, where the contract names one."""
    bands: tuple[float, ...] = ()
    """Edges at which a numeric protected attribute is cut into groups for audits."""

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Contracts from before these rules keep their digest, and so do snapshots that hold them.
        written: dict[str, Any] = handler(self)
        for name in ("coded", "seen", "patterns", "shortest", "longest", "thumbnail", "example"):
            if written.get(name) in (False, None, 0, "", (), []):
                written.pop(name, None)
        return written


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
            (Role.ITEM, 0, 1),
            (Role.USER, 0, 1),
            (Role.WEIGHT, 0, 1),
            (Role.TIME, 0, 1),
        ):
            count = sum(column.role is role for column in self.columns)
            if not least <= count <= most:
                raise ValueError(f"{count} columns have the role {role.value!r}, and there may be {most}")
        if not self.features:
            raise ValueError("no column has the role 'feature'")
        if self.positive not in ("", *self.outcome.categories):
            raise ValueError(f"positive outcome {self.positive!r} is not one of {self.outcome.categories}")
        return self

    @property
    def task(self) -> str:
        """Return the name of the task, what kind of answer a model gives; the outcome's type says it by default."""
        task: str = self.answer or plugin("inputs", self.outcome.type)(self.outcome).answer
        return task

    @property
    def outcome(self) -> Column:
        """Return the column that the model predicts."""
        return next(column for column in self.columns if column.role is Role.OUTCOME)

    @property
    def features(self) -> tuple[Column, ...]:
        """Return the columns that the model sees, in the order in which it sees them."""
        return tuple(column for column in self.columns if column.role is Role.FEATURE or column.seen)

    @property
    def protected(self) -> tuple[Column, ...]:
        """Return the protected attributes, whether the model sees them or not."""
        return tuple(column for column in self.columns if column.protected)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns of a request: all but the outcome, what it is about, and what it counts."""
        return tuple(column for column in self.columns if column.role not in OF_ROWS_ALONE)

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
