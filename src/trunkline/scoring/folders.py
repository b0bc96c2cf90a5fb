"""Folders: files of a disk, or of a share that several machines see."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trunkline.core.errors import StorageError, of_system
from trunkline.predictions.durable import to_disk

from .found import Found, missing_file

CHUNK = 2**20


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
            raise missing_file(str(self._folder / name)) from error

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
