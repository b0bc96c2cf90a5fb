"""Places: where rows are read and answers written, a folder of a disk or a prefix of a bucket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from trunkline.core.errors import PolicyError

from .buckets import Bucket
from .folders import Folder
from .found import Found

SCHEMES = ("s3", "gs", "az")


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
