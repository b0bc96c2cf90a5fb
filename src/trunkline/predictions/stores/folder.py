"""A log store in a folder, as a share that several machines see."""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from trunkline.core.errors import StorageError

from ..durable import to_disk
from ..segments import reaches
from .protocol import Stored, belongs


class FolderStore:
    """The files of a folder; a file's tag is when it was written, and its size."""

    writable: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    def open(address: str, _: Mapping[str, str]) -> FolderStore:
        """Return the store at `file:///folder`."""
        return FolderStore(Path(unquote(urlsplit(address).path)))

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        """Return the files by name."""
        with self._telling():
            names = sorted(name for name in self._names() if belongs(name) and reaches(name, since))
            tags = {name: self._tag(name) for name in names}
        return tuple(Stored(name, tag) for name, tag in tags.items() if tag)

    def get(self, name: str, path: Path) -> None:
        """Copy a file."""
        with self._telling():
            shutil.copyfile(self._folder / name, path)

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        """Store a file whole; another visitor that checks what it replaces waits meanwhile."""
        half = self._folder / f".{name}.{secrets.token_hex(4)}"
        with self._telling():
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".replacing").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if replacing is not None and self._tag(name) != replacing:
                    raise FileExistsError(name)
                try:
                    if isinstance(content, bytes):
                        half.write_bytes(content)
                    else:
                        shutil.copyfile(content, half)
                    to_disk(half)
                    half.replace(self._folder / name)
                finally:
                    half.unlink(missing_ok=True)
                to_disk(self._folder)
                return self._tag(name)

    def remove(self, names: Collection[str]) -> None:
        """Delete files."""
        with self._telling():
            for name in names:
                (self._folder / name).unlink(missing_ok=True)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []

    def _tag(self, name: str) -> str:
        try:
            found = (self._folder / name).stat()
        except FileNotFoundError:
            return ""
        return f"{found.st_mtime_ns}-{found.st_ino}-{found.st_size}"

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError as error:
            raise StorageError(
                f"Cannot use the log store {self._folder}: {error.strerror}.",
                next_step="make the folder writable, or mount it",
            ) from error
