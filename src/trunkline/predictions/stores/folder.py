"""A log store in a folder, as a share that several machines see."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar
from urllib.parse import unquote, urlsplit

from trunkline.core.errors import StorageError

from ..durable import to_disk
from ..segments import reaches
from .protocol import Stored, belongs


class FolderStore:
    """The files of a folder; a file's tag is when it was written, and its size.

    Others may write to a share: what is no plain file, such as a symbolic link, is not there.
    """

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
        """Copy a file, for its owner and the group to read."""
        with self._telling(), self.opened(name) as stream, path.open("wb") as target:
            os.fchmod(target.fileno(), 0o640)
            shutil.copyfileobj(stream, target, 2**20)

    def opened(self, name: str) -> BinaryIO:
        """Open a file to read. Raises FileNotFoundError when it is not there."""
        path = self._folder / name
        if not self._tag(name):
            raise FileNotFoundError(path)
        # Whoever puts a link or a pipe there after the look is not followed, and not waited for.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        return os.fdopen(handle, "rb")

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        """Store a file whole; another visitor that checks what it replaces waits meanwhile."""
        half = self._folder / f".{name}.{secrets.token_hex(4)}"
        with self._telling():
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._replacing():
                if replacing is not None and self._tag(name) != replacing:
                    raise FileExistsError(name)
                try:
                    with half.open("xb") as target:
                        if isinstance(content, bytes):
                            target.write(content)
                        else:
                            with content.open("rb") as stream:
                                shutil.copyfileobj(stream, target, 2**20)
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
            found = (self._folder / name).lstat()
        except FileNotFoundError:
            return ""
        if not stat.S_ISREG(found.st_mode):
            return ""
        return f"{found.st_mtime_ns}-{found.st_ino}-{found.st_size}"

    @contextmanager
    def _replacing(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self._folder / ".replacing", flags, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

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
