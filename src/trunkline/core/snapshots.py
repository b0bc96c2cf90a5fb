"""What a snapshot holds, and the lock that names it in git."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from .record import Record, date_as_text

Part = Literal["train", "validation", "test"]


class Window(Record):
    """Which rows of the source a snapshot takes, by event time; both ends inclusive, None is open."""

    first: Annotated[int | float | str | None, Field(description="The first event time that counts.")] = None
    last: Annotated[int | float | str | None, Field(description="The last event time that counts.")] = None

    @field_validator("first", "last", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        if isinstance(value, bool):  # Python reads true as 1
            raise ValueError("the end of a window takes a number or a time, not true or false")
        return date_as_text(value)


class SnapshotManifest(Record):
    """An immutable data set with its split; its digest is taken over this record."""

    SCHEMA: ClassVar[str] = "trunkline/snapshot/1"

    files: dict[str, str]
    """File name to sha256: one Parquet file a part, and the contract."""
    rows: dict[Part, int]
    split: dict[str, Any]
    """Method, shares and seed."""
    window: Window
    sources: dict[str, int]
    """Rows by source: `source` (the project's) and `traffic` (answers with their ground truth)."""


class ColumnSummary(Record):
    """What a column looked like, without a single row of it; for a number also `quantiles`, for a category `shares`."""

    nulls: float
    """The share of rows without a value."""
    quantiles: tuple[float, ...] = ()
    """At 1, 25, 50, 75 and 99 per cent."""
    mean: float | None = None
    shares: dict[str, float] = Field(default_factory=dict)
    """The share of the rows with a value, by category."""


class DataLock(Record):
    """The snapshot that a commit trains on; committed as `data.lock`, changed by pull request."""

    SCHEMA: ClassVar[str] = "trunkline/data-lock/1"

    snapshot: str
    rows: dict[Part, int]
    window: Window
    sources: dict[str, int]
    follows: dict[str, str] = Field(default_factory=dict, exclude_if=lambda value: not value)
    """In a retraining: the columns whose move live traffic shows too, each with how that is known."""
    columns: dict[str, ColumnSummary] = Field(default_factory=dict)
    """Every column but keys, users and free texts: what the next snapshot is compared with."""
    split: dict[str, Any] = Field(default_factory=dict)
    """Method, shares and seed; empty in a lock that an older version wrote."""
    contract: str = ""
    """The digest of what the contract said; empty in a lock that an older version wrote."""
