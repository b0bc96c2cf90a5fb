"""The profile: a mergeable summary of a data window, of constant size however many rows it saw."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from trunkline.core.errors import DataError
from trunkline.core.record import Record

UNSEEN_KEPT = 20
"""How many values that the reference never saw are kept by name."""


class NumberProfile(Record):
    """Counts of a numeric column on fixed bins, with its moments.

    `edges` rise; cell 0 counts what lies below the first, the last cell what lies at or above the last, and
    cell i what lies in [edges[i-1], edges[i]). `mean`, `m2` (sum of squared deviations), `minimum` and
    `maximum` are in the column's unit; they are None where every value is null.
    """

    kind: Literal["number"] = "number"
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    nulls: int = 0
    mean: float | None = None
    m2: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _fits(self) -> NumberProfile:
        if len(self.counts) != len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges need {len(self.edges) + 1} counts")
        return self

    @property
    def count(self) -> int:
        """Return the number of values that are not null."""
        return sum(self.counts)

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells in words, as `25 to 31`."""
        if not self.edges:
            return ("any",)
        if all(edge % 1 == 0.5 for edge in self.edges):
            whole = [int(edge + 0.5) for edge in self.edges]
            inner = [f"{low}" if high - low == 1 else f"{low} to {high - 1}" for low, high in pairwise(whole)]
            return (f"below {whole[0]}", *inner, f"above {whole[-1] - 1}")
        ends = [f"{edge:.4g}" for edge in self.edges]
        inner = [f"{low} to {high}" for low, high in pairwise(ends)]
        return (f"below {ends[0]}", *inner, f"above {ends[-1]}")

    def __add__(self, other: NumberProfile) -> NumberProfile:
        """Return the profile of both windows; moments after Chan, Golub & LeVeque (1979)."""
        if self.edges != other.edges:
            raise DataError(
                "Profiles with different bins cannot be added.",
                next_step="profile both windows against the same reference",
            )
        counts = tuple(mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True))
        nulls = self.nulls + other.nulls
        if not self.count or not other.count:
            full = self if self.count else other
            return full.model_copy(update={"counts": counts, "nulls": nulls})
        a, b, total = self.count, other.count, self.count + other.count
        gap = _known(other.mean) - _known(self.mean)
        return NumberProfile(
            edges=self.edges,
            counts=counts,
            nulls=nulls,
            mean=_known(self.mean) + gap * b / total,
            m2=_known(self.m2) + _known(other.m2) + gap * gap * a * b / total,
            minimum=min(_known(self.minimum), _known(other.minimum)),
            maximum=max(_known(self.maximum), _known(other.maximum)),
        )


class CategoryProfile(Record):
    """Counts of a categorical column by value.

    `values` are those that have a cell of their own, fixed by the reference; `other` counts the rest, and
    `unseen` names the first of the rest in alphabetical order (so that profiles add up exactly).
    """

    kind: Literal["category"] = "category"
    values: tuple[str, ...]
    counts: tuple[int, ...]
    other: int = 0
    nulls: int = 0
    unseen: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> CategoryProfile:
        if len(self.counts) != len(self.values):
            raise ValueError(f"{len(self.values)} values need as many counts")
        return self

    @property
    def count(self) -> int:
        """Return the number of values that are not null."""
        return sum(self.counts) + self.other

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells in words."""
        return (*self.values, "(other)")

    def __add__(self, other: CategoryProfile) -> CategoryProfile:
        """Return the profile of both windows."""
        if self.values != other.values:
            raise DataError(
                "Profiles with different categories cannot be added.",
                next_step="profile both windows against the same reference",
            )
        unseen = {
            value: self.unseen.get(value, 0) + other.unseen.get(value, 0)
            for value in sorted({*self.unseen, *other.unseen})[:UNSEEN_KEPT]
        }
        return CategoryProfile(
            values=self.values,
            counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            other=self.other + other.other,
            nulls=self.nulls + other.nulls,
            unseen=unseen,
        )


class CountProfile(Record):
    """How many values a column had, and no value: free texts may be private, and times only go forward."""

    kind: Literal["count"] = "count"
    count: int = 0
    nulls: int = 0

    def __add__(self, other: CountProfile) -> CountProfile:
        """Return the profile of both windows."""
        return CountProfile(count=self.count + other.count, nulls=self.nulls + other.nulls)


AnyProfile = NumberProfile | CategoryProfile | CountProfile
ColumnProfile = Annotated[AnyProfile, Field(discriminator="kind")]


class Profile(Record):
    """The summary of a data window: its inputs by column, and what the model answered."""

    SCHEMA: ClassVar[str] = "trunkline/profile/1"

    rows: int
    columns: dict[str, ColumnProfile]
    label: CategoryProfile | None = None
    """The predicted labels; None for regression."""
    score: NumberProfile | None = None
    """The probability of the positive outcome, the greatest probability where there is none, or the number."""

    def __add__(self, other: Profile) -> Profile:
        """Return the profile of both windows, as if their rows had been profiled together.

        Counts are exact, moments exact to rounding. Raises DataError when the two were not made against the same
        reference.
        """
        if list(self.columns) != list(other.columns):
            raise DataError(
                "Profiles of different columns cannot be added.",
                value=sorted({*self.columns} ^ {*other.columns}),
                next_step="profile both windows against the same reference",
            )
        return Profile(
            rows=self.rows + other.rows,
            columns={name: _sum(mine, other.columns[name]) for name, mine in self.columns.items()},
            label=self.label + other.label if self.label and other.label else None,
            score=self.score + other.score if self.score and other.score else None,
        )


def _sum(mine: AnyProfile, theirs: AnyProfile) -> AnyProfile:
    if isinstance(mine, CountProfile) and isinstance(theirs, CountProfile):
        return mine + theirs
    if isinstance(mine, NumberProfile) and isinstance(theirs, NumberProfile):
        return mine + theirs
    if isinstance(mine, CategoryProfile) and isinstance(theirs, CategoryProfile):
        return mine + theirs
    raise DataError(
        "Profiles of different kinds cannot be added.",
        next_step="profile both windows against the same reference",
    )


def _known(value: float | None) -> float:
    return 0.0 if value is None else value
