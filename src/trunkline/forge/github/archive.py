"""Archives that came over the network: unpacked only where nothing in them reaches outside their folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from trunkline.core.errors import BundleError

LIMIT = 2 * 1024**3
"""Bytes that an archive may have, packed and unpacked."""
MOST_FILES = 10_000


def unpack(archive: IO[bytes], folder: Path, *, what: str, limit: int = LIMIT) -> None:
    """Unpack a zip into a folder, which is made; its files must not be there yet.

    Raises BundleError when it is no zip or damaged, larger than `limit` bytes, or holds a link or a path that leads
    outside; only damage is found while it is written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            rows = opened.infolist()
            if len(rows) > MOST_FILES or sum(row.file_size for row in rows) > limit:
                raise BundleError(f"{_capital(what)} is larger than {limit} bytes.", next_step="train again")
            files = [row for row in rows if not row.is_dir()]
            places = [_place(row, what) for row in files]
            for row, place in zip(files, places, strict=True):
                target = folder.joinpath(*place.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(row) as source, target.open("xb") as made:
                    shutil.copyfileobj(source, made)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise BundleError(
            f"{_capital(what)} cannot be unpacked: {error}.", next_step="train again"
        ) from error


def _place(row: zipfile.ZipInfo, what: str) -> PurePosixPath:
    place = PurePosixPath(row.filename)
    kind = stat.S_IFMT(row.external_attr >> 16)
    outside = place.is_absolute() or ".." in place.parts or "\\" in row.filename or ":" in row.filename
    if outside or not place.parts or kind not in (0, stat.S_IFREG):
        raise BundleError(
            f"{_capital(what)} holds a path that leads elsewhere.",
            value=row.filename,
            next_step="train again",
        )
    return place


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
