"""Entity: the id of something in an open catalogue, such as a user or an item, as a text or a whole number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, ClassVar

import numpy as np

from trunkline.core.contract import Column, Role

from .counting import is_null
from .encoding import texts
from .integer import Integer
from .known import KnownIds, empty_shares
from .profiles import AnyProfile, PartsProfile
from .protocol import Corner, InputType, Value
from .text import UNKNOWN, Text, text_fault
from .words import BUCKETS, bucket, hash_of

KNOWN, GROUP = "known", "group"
"""The parts of its profile: whether the reference knows the id, and which of 32 groups its hash falls into."""
HELD_OUT = 5
"""The last of so many parts of a reference tells how many ids are new when time goes on."""
DRAWN = 1000
LARGEST = 2**53


def entity(column: Column) -> InputType:
    """Return the type of an id: that of whole numbers where the contract says so."""
    return NumberedEntity(column) if column.coded else Entity(column)


class Entity(Text):
    """An id that is a text.

    A column of it with the role `user` is seen by the model; its ids are in no log and no report. The log says of each
    request whether the reference knew the user, and holds the user's pseudonym.
    """

    open_parts: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[str, ...]] = ("category", "text")
    plain = False
    catalogued = True

    def read(self, value: object) -> Any:
        """Return an id, which is not empty."""
        if value == "":
            raise ValueError("it is empty")
        return super().read(value)

    def exact(self, value: object) -> Value | None:
        """Return an id that is a text already."""
        return super().exact(value) or None

    def noun(self) -> str:
        """Return what it is, with its length and its patterns."""
        return super().noun().replace("a text", "an id in text", 1)

    def annotation(self) -> Any:
        """Return a strict text of at least one character."""
        rule = self.column.model_copy(update={"shortest": max(1, self.column.shortest or 0)})
        return Text(rule).annotation()

    def wrong(self) -> tuple[object, ...]:
        """Return the empty text, and texts that break the rule."""
        return tuple(dict.fromkeys(("", *super().wrong())))

    def drawn(self, random: Random) -> object:
        """Return one of a thousand ids; where the rule has none of them, the example."""
        value = f"id-{random.randrange(DRAWN)}"
        return self.example() if text_fault(value, self.column) else value

    def marked(self, value: object, like: AnyProfile) -> object:
        """Return whether the reference knows the id, as the log keeps it."""
        if value is None or not isinstance(like, PartsProfile):
            return None
        return {KNOWN: KnownIds.read(like.vocabulary).knows(str(value))}

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return the ids that are known, as bits, and of how many ids the first part of them tells the last.

        How many ids are new is counted on the last fifth, against the rest: all of them are known to the whole.
        """
        ids = [str(value) for value in values if not is_null(value)]
        first = len(ids) - len(ids) // HELD_OUT
        names = [bucket(group) for group in range(BUCKETS)]
        parts = {KNOWN: empty_shares((KNOWN, "unknown"))}
        if self.column.role is not Role.USER:
            parts[GROUP] = empty_shares(names)
        before = PartsProfile(parts=dict(parts), vocabulary=KnownIds.of(ids[:first]).written())
        later = super().counted(before, ids[first:]).parts[KNOWN]
        like = before.model_copy(update={"vocabulary": KnownIds.of(ids).written()})
        whole = super().counted(like, values)
        return whole.model_copy(update={"parts": {**whole.parts, KNOWN: later}})

    def counted(self, like: AnyProfile, values: Sequence[object]) -> PartsProfile:
        """Return the profile of ids, or of what the log keeps of them."""
        if not isinstance(like, PartsProfile):
            return super().counted(like, values)
        marks = [value for value in values if isinstance(value, Mapping)]
        plain = super().counted(like, [value for value in values if not isinstance(value, Mapping)])
        if not marks:
            return plain
        known = sum(bool(mark.get(KNOWN)) for mark in marks)
        shares = empty_shares((KNOWN, "unknown")).model_copy(update={"counts": (known, len(marks) - known)})
        empty = super().counted(like, [])
        return plain + empty.model_copy(update={"count": len(marks), "parts": {**empty.parts, KNOWN: shares}})

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:
        """Return of each id whether it is known, and the group of its hash."""
        known = KnownIds.read(like.vocabulary)
        for value in values:
            yield {KNOWN: KNOWN if known.knows(value) else "unknown", GROUP: bucket(hash_of(value))}

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return an id that was never seen, and none at all."""
        return [
            Corner("of an unknown id", UNKNOWN, not text_fault(UNKNOWN, self.column)),
            Corner("without an id", "", self.column.nullable or self.column.role is Role.USER),
        ]


class NumberedEntity(Entity):
    """An id that is a whole number; a model sees it as a text."""

    textual = False
    ranged = True
    whole = True
    stored = "int64"
    strange: ClassVar[tuple[Value, ...]] = (0, -1, LARGEST)
    takes = ("integer",)

    def __init__(self, column: Column) -> None:
        super().__init__(column)
        self._number = Integer(column)

    def read(self, value: object) -> Any:
        """Return a whole number."""
        return self._number.read(value)

    def named(self, value: object) -> Value | None:
        """Return a whole number that the rule allows."""
        return InputType.named(self, value)

    def parse(self, cell: str) -> Value:
        """Return the whole number that a cell writes."""
        return self._number.parse(cell)

    def exact(self, value: object) -> Value | None:
        """Return a whole number that a frame writes as one, as a float or as a text."""
        return self._number.exact(value)

    def noun(self) -> str:
        """Return what it is."""
        return "an id, a whole number"

    def end(self, value: object, step: int) -> float:
        """Return an end of the range."""
        return self._number.end(value, step)

    def annotation(self) -> Any:
        """Return a strict integer."""
        return self._number.annotation()

    def hint(self, value: object) -> str:
        """Return the number as it should be sent."""
        return self._number.hint(value)

    def example(self) -> Any:
        """Return the least value, or the one nearest to zero."""
        return self._number.example()

    def drawn(self, random: Random) -> object:
        """Return one of the first thousand ids of the range."""
        low, high = self._number.reach()
        return random.randint(int(low), int(min(high, low + DRAWN)))

    def wrong(self) -> tuple[object, ...]:
        """Return what is no whole number, and numbers beyond the range."""
        return ("neither of these", *self.beyond())

    def at(self, number: float) -> object:
        """Return the whole number at a point of the range."""
        return self._number.at(number)

    def corners(self, seen: np.ndarray) -> list[Corner]:
        """Return an id that was never seen, and none at all."""
        unknown, none = super().corners(seen)
        ids = texts([value for value in self.strange if self.named(value) is not None])
        return [*(Corner(unknown.words, value) for value in ids[:1]), none]
