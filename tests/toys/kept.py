"""A log store that is a dictionary of this process: what a kind of store needs is its scheme's line in the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from trunkline.predictions.stores import Stored

FILES: dict[str, dict[str, bytes]] = {}
"""What is kept, by the store's address."""


class KeptStore:
    """The files of `kept://anything`."""

    writable: ClassVar[bool] = True

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    @staticmethod
    def open(address: str, variables: Mapping[str, str]) -> KeptStore:  # noqa: ARG004
        return KeptStore(FILES.setdefault(address, {}))

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        return tuple(Stored(name, _tag(content)) for name, content in sorted(self._files.items()))

    def get(self, name: str, path: Path) -> None:
        if name not in self._files:
            raise FileNotFoundError(name)
        path.write_bytes(self._files[name])

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        there = _tag(self._files[name]) if name in self._files else ""
        if replacing is not None and replacing != there:
            raise FileExistsError(name)
        self._files[name] = content if isinstance(content, bytes) else content.read_bytes()
        return _tag(self._files[name])

    def remove(self, names: Collection[str]) -> None:
        for name in names:
            self._files.pop(name, None)


def _tag(content: bytes) -> str:
    return sha256(content).hexdigest()
