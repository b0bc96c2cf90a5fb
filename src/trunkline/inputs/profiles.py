"""The profile of a column: a mergeable summary of its values, of constant size however many there were."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

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


Counts = NumberProfile | CategoryProfile


class PartsProfile(Record):
    """What was measured of values that are not kept themselves, such as the length of a text: one profile a part."""

    kind: Literal["parts"] = "parts"
    count: int = 0
    nulls: int = 0
    parts: dict[str, Annotated[Counts, Field(discriminator="kind")]] = Field(default_factory=dict)
    vocabulary: str = ""
    """Hashes of the words that the reference knows; every window is counted against the same."""
    span: tuple[float, float] | None = None
    """The first and the last moment of times, in seconds since 1970."""

    def __add__(self, other: PartsProfile) -> PartsProfile:
        """Return the profile of both windows."""
        if self.parts.keys() != other.parts.keys() or self.vocabulary != other.vocabulary:
            raise DataError(
                "Profiles with different parts cannot be added.",
                next_step="profile both windows against the same reference",
            )
        spans = [span for span in (self.span, other.span) if span]
        return PartsProfile(
            count=self.count + other.count,
            nulls=self.nulls + other.nulls,
            parts={name: _sum(mine, other.parts[name]) for name, mine in self.parts.items()},
            vocabulary=self.vocabulary,
            span=(min(low for low, _ in spans), max(high for _, high in spans)) if spans else None,
        )


AnyProfile = Counts | PartsProfile


def _renamed(value: Any) -> Any:
    # Bundles from before texts and times had parts hold how many values there were, and nothing else.
    if isinstance(value, Mapping) and value.get("kind") == "count":
        return {**value, "kind": "parts"}
    return value


ColumnProfile = Annotated[AnyProfile, Field(discriminator="kind"), BeforeValidator(_renamed)]


def measures(profile: AnyProfile) -> Mapping[str, Counts]:
    """Return what was counted, by the name of the part; a column that is counted whole has the one part ``."""
    return profile.parts if isinstance(profile, PartsProfile) else {"": profile}


def added(mine: AnyProfile, theirs: AnyProfile) -> AnyProfile:
    """Return the profile of two windows of one column.

    Raises DataError when the two were not made against the same reference.
    """
    if isinstance(mine, PartsProfile) and isinstance(theirs, PartsProfile):
        return mine + theirs
    if isinstance(mine, PartsProfile) or isinstance(theirs, PartsProfile):
        raise _different()
    return _sum(mine, theirs)


def _sum(mine: Counts, theirs: Counts) -> Counts:
    if isinstance(mine, NumberProfile) and isinstance(theirs, NumberProfile):
        return mine + theirs
    if isinstance(mine, CategoryProfile) and isinstance(theirs, CategoryProfile):
        return mine + theirs
    raise _different()


def _different() -> DataError:
    return DataError(
        "Profiles of different kinds cannot be added.",
        next_step="profile both windows against the same reference",
    )


def _known(value: float | None) -> float:
    return 0.0 if value is None else value
