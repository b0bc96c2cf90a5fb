"""A log store in a bucket: Amazon S3 and what speaks like it, Google Cloud Storage, Azure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ..segments import reaches
from .buckets import Words, open_bucket, telling
from .protocol import Stored, belongs

if TYPE_CHECKING:
    import obstore.store
    from obstore import PutMode


class ObjectStore:
    """The objects under a prefix; credentials come from the cloud's own variables or the machine's role."""

    writable: ClassVar[bool] = True

    def __init__(self, store: obstore.store.ObjectStore, address: str) -> None:
        self._store = store
        self._address = address

    @staticmethod
    def open(address: str, variables: Mapping[str, str]) -> ObjectStore:
        """Return the store at `s3://bucket/prefix`, `gs://bucket/prefix` or `az://account/container/prefix`.

        Raises StorageError when its client is not installed, or refuses the address.
        """
        return ObjectStore(open_bucket(address, variables, words=_words(address)), address)

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        """Return the objects by name."""
        with self._telling():
            found = {row["path"]: row["e_tag"] or "" for rows in self._store.list() for row in rows}
        return tuple(
            Stored(name, tag) for name, tag in sorted(found.items()) if belongs(name) and reaches(name, since)
        )

    def get(self, name: str, path: Path) -> None:
        """Write an object to a file, piece by piece."""
        with self._telling(missing=True), path.open("wb") as stream:
            for piece in self._store.get(name).stream():
                stream.write(piece)

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        """Store an object by one conditional request, so that of two writers one is refused."""
        with self._telling():
            if replacing is None:
                put = self._store.put(name, content)
            else:
                mode: PutMode = {"e_tag": replacing} if replacing else "create"
                # In several parts a condition could not be kept: what needs one is small.
                whole = content if isinstance(content, bytes) else content.read_bytes()
                put = self._store.put(name, whole, mode=mode, use_multipart=False)
        return str(put["e_tag"] or "")

    def remove(self, names: Collection[str]) -> None:
        """Delete objects."""
        with self._telling():
            for name in names:
                try:
                    self._store.delete(name)
                except FileNotFoundError:
                    continue

    def _telling(self, *, missing: bool = False) -> AbstractContextManager[None]:
        return telling(_words(self._address), missing=missing)


def _words(address: str) -> Words:
    return Words(f"The log store {address}", "correct serving.log.store")
