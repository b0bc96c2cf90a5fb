"""The profile of a data window: its inputs by column, and what the model answered."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from trunkline.core.errors import DataError
from trunkline.core.record import Record
from trunkline.inputs.profiles import CategoryProfile, ColumnProfile, NumberProfile, added


class Profile(Record):
    """The summary of a data window: its inputs by column, and what the model answered."""

    SCHEMA: ClassVar[str] = "trunkline/profile/1"

    rows: int
    columns: dict[str, ColumnProfile]
    label: CategoryProfile | None = None
    """The category of each answer; None where the task has none."""
    score: NumberProfile | None = None
    """The number of each answer that the task watches, such as the probability of the positive outcome."""

    answers: dict[str, NumberProfile] = Field(default_factory=dict, exclude_if=lambda value: not value)
    """More numbers of each answer, by what they are, such as how many boxes of a class there are."""

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
            columns={name: added(mine, other.columns[name]) for name, mine in self.columns.items()},
            label=self.label + other.label if self.label and other.label else None,
            score=self.score + other.score if self.score and other.score else None,
            answers={
                name: mine + other.answers[name]
                for name, mine in self.answers.items()
                if name in other.answers
            },
        )
