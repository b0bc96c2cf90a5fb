"""Names: ids as places in sorted order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class Names:
    """Ids, each once and sorted; a place of -1 is that of an id which is not there."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._place: dict[str, int] | None = None

    @classmethod
    def of(cls, ids: Iterable[str]) -> Names:
        """Return the ids that come, without the empty one."""
        return cls(sorted({*ids} - {""}))

    def __len__(self) -> int:
        return len(self.names)

    def __getstate__(self) -> dict[str, object]:
        return {"names": self.names, "_place": None}

    def places(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the place of each id; shape (n,)."""
        if self._place is None:
            self._place = {name: place for place, name in enumerate(self.names)}
        known = self._place
        return np.array([known.get(name, -1) for name in ids], dtype=np.int64)
