"""Buckets: objects of Amazon S3 and what speaks like it, of Google Cloud Storage, and of Azure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trunkline.predictions.stores.buckets import Words, open_bucket, telling

from .found import Found, missing_file

if TYPE_CHECKING:
    import obstore.store

CHUNK = 2**20


class Bucket:
    """A prefix of a bucket."""

    def __init__(self, store: obstore.store.ObjectStore, address: str) -> None:
        self._store = store
        self._address = address
        self._words = _words(address)

    @staticmethod
    def open(address: str, variables: Mapping[str, str]) -> Bucket:
        """Return the objects under an address. Raises StorageError when its client is not installed, or refuses it."""
        return Bucket(open_bucket(address, variables, words=_words(address)), address)

    def found(self, name: str) -> Found | None:
        """Return an object; None where there is none."""
        try:
            with telling(self._words, missing=True):
                facts = self._store.head(name)
        except FileNotFoundError:
            return None
        return Found(name, facts["size"], facts["e_tag"] or str(facts["last_modified"]))

    def inside(self, name: str) -> tuple[Found, ...]:
        """Return the objects directly under a name; hidden ones do not count."""
        with telling(self._words):
            rows = [row for rows in self._store.list(f"{name}/") for row in rows]
        found = [
            Found(row["path"], row["size"], row["e_tag"] or str(row["last_modified"]))
            for row in rows
            if not row["path"].removeprefix(f"{name}/").startswith((".", "_"))
            and "/" not in row["path"].removeprefix(f"{name}/")
        ]
        return tuple(sorted(found, key=lambda each: each.name))

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes of an object, or a stretch of them."""
        if length == 0:
            return b""
        try:
            with telling(self._words, missing=True):
                if start == 0 and length is None:
                    return bytes(self._store.get(name).bytes())
                size = length if length is not None else self._store.head(name)["size"] - start
                return bytes(self._store.get_range(name, start=start, length=size))
        except FileNotFoundError as error:
            raise missing_file(f"{self._address}/{name}") from error

    def opened(self, name: str) -> Any:
        """Open an object to read it at any place, piece by piece."""
        import obstore

        try:
            with telling(self._words, missing=True):
                return _Object(obstore.open_reader(self._store, name, buffer_size=CHUNK), self._words)
        except FileNotFoundError as error:
            raise missing_file(f"{self._address}/{name}") from error

    def put(self, name: str, content: Path | bytes) -> None:
        """Store an object, a large one in several parts."""
        with telling(self._words):
            self._store.put(name, content)

    def remove(self, name: str) -> None:
        """Delete an object, and those under its name."""
        with telling(self._words):
            names = [row["path"] for rows in self._store.list(f"{name}/") for row in rows]
            for each in (*names, name):
                try:
                    self._store.delete(each)
                except FileNotFoundError:
                    continue


class _Object:
    """An object that is read as a file; its troubles are errors of ours."""

    def __init__(self, reader: Any, words: Words) -> None:
        self._reader = reader
        self._words = words
        self.closed = False

    def __enter__(self) -> _Object:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        with telling(self._words):
            return bytes(self._reader.read(None if size < 0 else size))

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        return int(self._reader.tell())

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._reader.close()


def _words(address: str) -> Words:
    return Words(address, "correct the address")
