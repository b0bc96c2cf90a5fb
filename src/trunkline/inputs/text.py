"""Text: what a person wrote. Its length and patterns may be declared; what it says is kept in no report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from trunkline.core.contract import Column, as_label
from trunkline.core.patterns import published

from . import words
from .counting import bins, cells, is_null
from .encoding import texts
from .parted import Parted
from .profiles import AnyProfile, CategoryProfile, PartsProfile
from .protocol import Corner, Value
from .strictly import strictly

STRANGE = ("", "a text that training never had", "\u00e9\u4f60\u597d \U0001f600", "x" * 2000)
UNKNOWN = "\u2047 never seen"
"""A text that no model was fitted on."""
WORD = "text"
VOCABULARY = "vocabulary"
"""The part that counts words that the reference knows."""


class Text(Parted):
    """A free text."""

    free = True
    strange: ClassVar[tuple[Value, ...]] = STRANGE
    textual = True
    open_parts: ClassVar[tuple[str, ...]] = ("script",)
    dtypes: ClassVar[tuple[str, ...]] = ("str",)
    summarised = False
    takes: ClassVar[tuple[str, ...]] = ("category",)

    def read(self, value: object) -> str:
        """Return a text that keeps length and patterns."""
        return kept_text(value, self.column)

    def named(self, value: object) -> Value | None:
        """Return a text; a number that a policy names is one too."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return super().named(as_label(value) if number else value)

    def exact(self, value: object) -> Value | None:
        """Return a text: pandas makes 10001.0 of a code and 123 of 00123, and nobody can see that afterwards."""
        return value if isinstance(value, str) else None

    def noun(self) -> str:
        """Return what it is, with its length and its patterns."""
        patterns = self.column.patterns
        matches = f" that matches {' and '.join(patterns)}" if patterns else ""
        return "a text" + _length(self.column.shortest, self.column.longest) + matches

    def annotation(self) -> Any:
        """Return a strict text; the schema shows the patterns that JSON Schema can write."""
        schema = dict(published(self.column.patterns))
        least, most = self.column.shortest, self.column.longest
        rule = Field(min_length=least, max_length=most, json_schema_extra=schema)
        return Annotated[str, rule, AfterValidator(strictly(self.read))]

    def hint(self, value: object) -> str:
        """Return why the text breaks the rule, or how to send what is no text."""
        if isinstance(value, str):
            return text_fault(value, self.column)
        return f'send "{json.dumps(value)}"' if isinstance(value, int | float) else ""

    def example(self) -> str:
        """Return the example of the contract, or a text of a fitting length."""
        if self.column.example:
            return self.column.example
        least = max(len(WORD), self.column.shortest or 0)
        length = least if self.column.longest is None else min(least, self.column.longest)
        return (WORD * (length // len(WORD) + 1))[:length]

    def wrong(self) -> tuple[object, ...]:
        """Return texts that break the rule. Data may write a text as a number, so a number is not among them."""
        return tuple(text for text in ("neither of these", "") if text_fault(text, self.column))

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return how long the texts are, their script, hashes of their words, and the share of words that are known.

        The vocabulary is that of every other text, and the share is counted on the rest: of the texts that made it,
        every word would be known.
        """
        known = [str(value) for value in values if not is_null(value)]
        empty = PartsProfile(
            parts={
                "length": bins(np.array(list(map(len, known)), dtype=float), whole=True),
                "script": cells(map(words.script, known), ()),
                "words": _empty(f"group {place + 1}" for place in range(words.BUCKETS)),
                VOCABULARY: _empty(("known", "unknown")),
            },
            vocabulary=words.written(words.vocabulary(known[::2])),
        )
        unused = self.counted(empty, known[1::2]).parts[VOCABULARY]
        whole = self.counted(empty, values)
        return whole.model_copy(update={"parts": {**whole.parts, VOCABULARY: unused}})

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:
        """Return the length and the script of each text, and of one of its words the hash and whether it is known."""
        known = words.read(like.vocabulary)
        for text in values:
            found: dict[str, object] = {"length": len(text), "script": words.script(text)}
            word = words.one_of(text, words.hashes(text))
            if word is not None:
                found["words"] = words.bucket(word)
                found[VOCABULARY] = "known" if known[word % words.KNOWN] else "unknown"
            yield found

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return texts; null is the empty text."""
        return texts(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return a text that was never seen."""
        return [Corner("of an unknown category", UNKNOWN, not text_fault(UNKNOWN, self.column))]


def _empty(names: Iterable[str]) -> CategoryProfile:
    values = tuple(names)
    return CategoryProfile(values=values, counts=(0,) * len(values))


def kept_text(value: object, column: Column) -> str:
    """Return a text that keeps a column's length and patterns; raises ValueError with the reason."""
    if not isinstance(value, str):
        raise ValueError("it is not a text: write it in quotes")
    if fault := text_fault(value, column):
        raise ValueError(fault)
    return value


def text_fault(text: str, column: Column) -> str:
    """Return why a text breaks the column's length or its patterns; empty where it keeps them."""
    least, most = column.shortest, column.longest
    if (least is not None and len(text) < least) or (most is not None and len(text) > most):
        return f"it has {len(text):,} characters"
    return "" if all(re.search(pattern, text) for pattern in column.patterns) else "it does not match"


def _length(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f" of {most} characters"
    if least and most is not None:
        return f" of {least} to {most} characters"
    return f" of at most {most} characters" if most is not None else f" of at least {least} characters"
