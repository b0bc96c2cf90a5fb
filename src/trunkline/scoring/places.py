"""Places: where rows are read and answers written, a folder of a disk or a prefix of a bucket."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trunkline.core.errors import NotFoundError, PolicyError, StorageError, of_system
from trunkline.predictions.durable import to_disk
from trunkline.predictions.stores.buckets import Words, open_bucket, telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    import obstore.store

SCHEMES = ("s3", "gs", "az")
CHUNK = 2**20


@dataclass(frozen=True)
class Found:
    """A file of a place; another `tag` means another content."""

    name: str
    size: int
    tag: str


class Place(Protocol):
    """Files by name. Every method raises StorageError or UnavailableError when the place refuses or is silent."""

    def found(self, name: str) -> Found | None:
        """Return a file; None where there is none."""
        ...

    def inside(self, name: str) -> tuple[Found, ...]:
        """Return the files under a name, as of a folder, by name."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes of a file, or a stretch of them. Raises NotFoundError where there is none."""
        ...

    def opened(self, name: str) -> Any:
        """Open a file to read it at any place."""
        ...

    def put(self, name: str, content: Path | bytes) -> None:
        """Write a file whole or not at all."""
        ...

    def remove(self, name: str) -> None:
        """Delete the file of a name, and those under it; where there is none nothing happens."""
        ...


@dataclass(frozen=True)
class Address:
    """A file or folder in words, as `s3://bucket/rows.parquet` or a path."""

    text: str
    parent: str
    name: str

    def place(self, variables: Mapping[str, str]) -> Place:
        """Return the place that it lies in."""
        if self.parent.partition("://")[0] in SCHEMES:
            return Bucket.open(self.parent, variables)
        return Folder(Path(self.parent))


def address_of(text: str, *, root: Path) -> Address:
    """Return an address; a path is as seen from `root`. Raises PolicyError where the scheme is none of ours."""
    scheme, found, rest = text.partition("://")
    if found and scheme in SCHEMES:
        parent, _, name = rest.strip("/").rpartition("/")
        if not parent:
            raise PolicyError(
                "This address names a bucket and no file in it.",
                value=text,
                next_step=f"{scheme}://bucket/folder/rows.csv",
            )
        return Address(text, f"{scheme}://{parent}", name)
    if found and scheme != "file":
        raise PolicyError(
            f"Files at {scheme}:// cannot be read or written.",
            value=text,
            next_step=f"give a path, or an address that begins with {', '.join(f'{one}://' for one in SCHEMES)}",
        )
    if "\0" in text or not text.strip():
        raise PolicyError("This is the name of no file.", value=text, next_step="give a path or an address")
    path = Path(os.path.abspath(root / Path(rest if found else text).expanduser()))  # noqa: PTH100 - a link stays one
    if not path.name:
        raise PolicyError("This is no file.", value=text, next_step="name a file or a folder of rows")
    return Address(str(path), str(path.parent), path.name)


class Folder:
    """A folder of a disk, or of a share that several machines see."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def found(self, name: str) -> Found | None:
        """Return a file; None where there is none, or where it is a folder."""
        path = self._folder / name
        with _saying():
            if not path.is_file():
                return None
            facts = path.stat()
        return Found(name, facts.st_size, f"{facts.st_mtime_ns}-{facts.st_size}")

    def inside(self, name: str) -> tuple[Found, ...]:
        """Return the files of a folder, by name; none where there is no folder. Hidden ones do not count."""
        with _saying():
            folder = self._folder / name
            names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        found = (self.found(f"{name}/{each}") for each in names if not each.startswith((".", "_")))
        return tuple(each for each in found if each)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes of a file, or a stretch of them."""
        with self.opened(name) as stream, _saying():
            stream.seek(start)
            content: bytes = stream.read(-1 if length is None else length)
        return content

    def opened(self, name: str) -> Any:
        """Open a file to read it at any place."""
        try:
            with _saying():
                return (self._folder / name).open("rb")
        except FileNotFoundError as error:
            raise _missing(str(self._folder / name)) from error

    def put(self, name: str, content: Path | bytes) -> None:
        """Write a file under another name, force it to the disk, and give it its name."""
        path = self._folder / name
        half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with _saying():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with half.open("xb") as target:
                    if isinstance(content, bytes):
                        target.write(content)
                    else:
                        with content.open("rb") as stream:
                            shutil.copyfileobj(stream, target, CHUNK)
                to_disk(half)
                half.replace(path)
            finally:
                half.unlink(missing_ok=True)
            to_disk(path.parent)

    def remove(self, name: str) -> None:
        """Delete a file, or a folder with what is in it."""
        path = self._folder / name
        with _saying():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


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
            raise _missing(f"{self._address}/{name}") from error

    def opened(self, name: str) -> Any:
        """Open an object to read it at any place, piece by piece."""
        import obstore

        try:
            with telling(self._words, missing=True):
                return _Object(obstore.open_reader(self._store, name, buffer_size=CHUNK), self._words)
        except FileNotFoundError as error:
            raise _missing(f"{self._address}/{name}") from error

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


def _missing(name: str) -> NotFoundError:
    return NotFoundError(f"There is no file {name}.", next_step="correct the path or the address")


@contextmanager
def _saying() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except ValueError as error:
        raise StorageError(f"This is no path: {error}.", next_step="correct the path") from error
    except OSError as error:
        raise of_system(error) from error
