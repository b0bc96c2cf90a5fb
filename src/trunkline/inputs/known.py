"""Known: which ids a reference holds, in bits that name none of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from .profiles import CategoryProfile

EACH = 16
"""Bits an id: of ids that are not there, one in two hundred seems known."""
LEAST, MOST = 10, 23
"""The size is a power of two: from a thousand bits to a megabyte, which is enough for half a million ids."""
PLACES = 3
"""Bits that each id sets (Bloom 1970, Space/time trade-offs in hash coding with allowable errors)."""


@dataclass(frozen=True, eq=False)
class KnownIds:
    """Bits of shape (size,); `size` is a power of two."""

    bits: NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Iterable[str]) -> KnownIds:
        """Return the bits of some ids."""
        distinct = set(ids)
        size = 1 << min(max(LEAST, (len(distinct) * EACH).bit_length()), MOST)
        bits = np.zeros(size, dtype=bool)
        places = [place for value in distinct for place in _places(value, size)]
        bits[np.array(places, dtype=np.int64)] = True
        return cls(bits)

    @staticmethod
    def read(text: str) -> KnownIds:
        """Return the bits that a profile writes; the last few are kept, for every request asks."""
        return _read(text)

    def written(self) -> str:
        """Return the bits as text."""
        return base64.b64encode(np.packbits(self.bits).tobytes()).decode()

    def knows(self, value: str) -> bool:
        """Return whether an id is there; of others a few seem so."""
        return all(self.bits[place] for place in _places(value, len(self.bits)))


@lru_cache(maxsize=8)
def _read(text: str) -> KnownIds:
    return KnownIds(np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8)).astype(bool))


def _places(value: str, size: int) -> list[int]:
    digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4 * PLACES).digest()
    return [int.from_bytes(digest[at : at + 4], "big") % size for at in range(0, 4 * PLACES, 4)]


def empty_shares(names: Iterable[str]) -> CategoryProfile:
    """Return cells of these names, none of which has counted anything."""
    values = tuple(names)
    return CategoryProfile(values=values, counts=(0,) * len(values))
