"""Terms: a text cut into words or letters as scikit-learn's vectorizers do, the same on every machine.

ONNX Runtime's own lower case depends on the machine's locale, and its word pattern knows ASCII alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

SPACES = re.compile(r"\s\s+")


class Terms(BaseModel):
    """How a text is cut: into words by `pattern`, letters, or letters within words; `grams` of them in a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    analyzer: Literal["word", "char", "char_wb"] = "word"
    lower: bool = True
    accents: Literal["", "ascii", "unicode"] = ""
    """How accents are taken off: not at all, what has no ASCII letter left out, or by Unicode's marks."""
    pattern: str = r"(?u)\b\w\w+\b"
    grams: tuple[int, int] = (1, 1)
    stop: tuple[str, ...] = ()
    """Words that are left out."""

    @cached_property
    def _find(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _stopped(self) -> frozenset[str]:
        return frozenset(self.stop)

    def cut(self, text: str) -> list[str]:
        """Return the terms of a text."""
        text = self._plain(text.lower() if self.lower else text)
        least, most = self.grams
        if self.analyzer == "word":
            words = self._find.findall(text)
            if self._stopped:
                words = [word for word in words if word not in self._stopped]
            return [" ".join(run) for size in range(least, most + 1) for run in _runs(words, size)]
        text = SPACES.sub(" ", text)
        if self.analyzer == "char":
            return [run for size in range(least, most + 1) for run in _runs(text, size)]
        found: list[str] = []
        for word in text.split():
            padded = f" {word} "
            for size in range(least, most + 1):
                runs = _runs(padded, size)
                found += runs or [padded]
                if len(runs) < 2:  # a short word counts once
                    break
        return found

    def _plain(self, text: str) -> str:
        if not self.accents or text.isascii():
            return text
        apart = unicodedata.normalize("NFKD", text)
        if self.accents == "ascii":
            return apart.encode("ascii", "ignore").decode("ascii")
        return "".join(letter for letter in apart if not unicodedata.combining(letter))

    def tensor(self, texts: Sequence[str]) -> np.ndarray:
        """Return the terms of n texts, shape (n, most terms); what a text lacks is the empty term."""
        listed = [self.cut(text) for text in texts]
        found = np.full((len(listed), max([1, *map(len, listed)])), "", dtype=object)
        for place, terms in enumerate(listed):
            found[place, : len(terms)] = terms
        return found


def _runs(parts: Any, size: int) -> list[Any]:
    return [parts[begin : begin + size] for begin in range(len(parts) - size + 1)]
