"""Parted: a type whose values are not kept in a profile, only what was measured of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from trunkline.core.errors import DataError

from .counting import fill, is_null
from .profiles import AnyProfile, PartsProfile
from .protocol import InputType


class Parted(InputType):
    """A type with measures of its own."""

    @abstractmethod
    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterable[Mapping[str, object]]:
        """Return for each value, which is not null, what each part counts of it; a part may have nothing to count."""

    def counted(self, like: AnyProfile, values: Sequence[object]) -> PartsProfile:
        """Return how many values there are, and each part of the reference."""
        if not isinstance(like, PartsProfile):
            raise DataError(
                f"The profile of {self.column.name} is of another type of column.",
                next_step="train again: a reference belongs to its contract",
            )
        known = [str(value) for value in values if not is_null(value)]
        rows = list(self.measured(known, like)) if like.parts else []
        return PartsProfile(
            count=len(known),
            nulls=len(values) - len(known),
            parts={
                name: fill(cells, [row[name] for row in rows if name in row], self.column.name)
                for name, cells in like.parts.items()
            },
            vocabulary=like.vocabulary,
        )
