"""Words of a text as hashes: enough to see that other words come, too little to read one."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""Chinese and Japanese put no spaces between words: there a character counts as one."""
BUCKETS = 32
"""Words share this many cells, so that no cell names a word."""
KNOWN = 2**16
"""Hashes of a vocabulary: one bit each, 8 KiB, however many words there are."""
LEAST = 2
"""Texts that must hold a word before it is known: one that a single person wrote leaves no trace."""

Vocabulary = NDArray[np.bool_]


def hashes(text: str) -> list[int]:
    """Return a hash of each word, in order; upper and lower case are the same word."""
    return [hash_of(word) for word in WORD.findall(text.casefold())]


def hash_of(text: str) -> int:
    """Return 64 bits that are the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def one_of(text: str, words: list[int]) -> int | None:
    """Return one word of a text, always the same; None where it has none.

    One word a text, because words of one text are alike: counted all, a few long texts would look like a drift.
    """
    return words[hash_of(text) % len(words)] if words else None


def bucket(word: int) -> str:
    """Return the cell of a word."""
    return f"group {word % BUCKETS + 1}"


def vocabulary(texts: Iterable[str]) -> Vocabulary:
    """Return which hashes at least `LEAST` texts hold; shape (KNOWN,)."""
    seen = np.zeros(KNOWN, dtype=np.uint8)
    for text in texts:
        places = np.array(sorted({word % KNOWN for word in hashes(text)}), dtype=np.intp)
        seen[places] = np.minimum(seen[places] + 1, LEAST)
    return seen >= LEAST


def written(known: Vocabulary) -> str:
    """Return a vocabulary as text."""
    return base64.b64encode(np.packbits(known).tobytes()).decode()


def read(text: str) -> Vocabulary:
    """Return the vocabulary of a text."""
    return np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8)).astype(bool)


def script(text: str) -> str:
    """Return the script of most letters of a text, such as `latin` or `cyrillic`; `none` where it has no letter."""
    letters = Counter(character for character in text if character.isalpha())
    scripts: Counter[str] = Counter()
    for letter, times in letters.items():
        scripts[unicodedata.name(letter, "unknown").split(" ")[0].lower()] += times
    # If two are equally frequent, the first by name: the same on every machine.
    return min(scripts, key=lambda name: (-scripts[name], name), default="none")
