"""Published: data sets that others publish, fetched once from their address, and never part of the repository."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import DataError, NotFoundError, StorageError
from trunkline.core.https import Downloads

VARIABLE = "TRUNKLINE_DATA"
"""Names a folder that holds data sets already, or asks for the synthetic sample by the word `sample`."""
SAMPLE = "sample"
UNPACKING = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError)
"""What an archive raises that is none, is torn, lacks a member, or needs a password or another compression."""
LARGEST = 2 * 1024**3
"""The most bytes that are fetched, or that a member of an archive may have."""
DOWNLOADS = Downloads(
    largest=LARGEST,
    refused=DataError,
    next_step=f"try again, name a folder that holds the file in {VARIABLE}, or work with synthetic rows: "
    f"export {VARIABLE}={SAMPLE}",
    correct=f"edit the address in data.py, or work with synthetic rows: export {VARIABLE}={SAMPLE}",
)
_log = logging.getLogger("trunkline.data")
_said: set[str] = set()


@dataclass(frozen=True)
class Published:
    """A file that is published at an address, or a member of a zip archive there.

    `name` is where it lies in a folder of data sets. `sha256` is the digest of the file itself, for a member that of
    the member. Empty, the file is unverified: the digest of the first fetch is kept beside the file and holds from
    then on, on this machine; writing it into data.py makes it hold everywhere.
    """

    name: str
    address: str
    member: str = ""
    sha256: str = ""

    def path(self) -> Path | None:
        """Return the file on this machine; None where `TRUNKLINE_DATA=sample` asks for the synthetic sample.

        A folder that TRUNKLINE_DATA names is taken as it is, compressed files (`.gz`) included: whoever names it
        vouches for it. Else the file comes from a cache below the user's home, into which it is fetched.
        Raises NotFoundError where the folder or the address lacks it, UnavailableError where the address does not
        answer, and DataError where the digest is another one.
        """
        where = os.environ.get(VARIABLE, "")
        if where == SAMPLE:
            _say(
                f"{VARIABLE}={SAMPLE}: synthetic rows stand for {self.name}. No figure is one of the real data."
            )
            return None
        if where:
            return _kept_in(Path(where).expanduser(), self.name)
        home = cache() / hashlib.sha256(self.address.encode()).hexdigest()[:16]
        held = home / Path(self.member or self.name).name
        lock = held.with_name(f"{held.name}.sha256")
        with _writing(home):
            if not held.is_file():
                self._fetch(home, held)
            found = digest_of(held)
            trusted = self.sha256 or (lock.read_text(encoding="utf-8") if lock.is_file() else "")
            if not trusted:
                _say(
                    f"{self.name} is unverified; it is trusted from now on. Write into data.py: sha256={found!r}"
                )
                lock.write_text(found, encoding="utf-8")
            elif found != trusted:
                held.unlink()
                raise DataError(
                    f"{self.name} from {self.address} is not the file that is trusted.",
                    value=found,
                    next_step=f"find out who changed it; the trusted digest is {trusted}",
                )
        return held

    def _fetch(self, home: Path, held: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        partial = home / f"{os.getpid()}.partial"
        try:
            DOWNLOADS.fetch(self.address, partial)
            if self.member:
                archive = partial.rename(partial.with_suffix(".zip"))
                try:
                    _extract(archive, self.member, partial)
                finally:
                    archive.unlink()
            partial.replace(held)
        finally:
            partial.unlink(missing_ok=True)


def cache() -> Path:
    """Return the user's folder for what was fetched."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trunkline" / "data"


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _say(line: str) -> None:
    """Say a line once in this process."""
    if line not in _said:
        _said.add(line)
        _log.warning(line)


def _kept_in(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise NotFoundError(
        f"{VARIABLE} names a folder that lacks {name}.",
        value=str(folder),
        next_step=f"unset {VARIABLE} to fetch the file, or set it to {SAMPLE!r} for synthetic rows",
    )


def _extract(archive: Path, member: str, path: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            if opened.getinfo(member).file_size > LARGEST:
                raise DataError(f"{member} is larger than 2 GiB.", next_step="unpack it by hand")
            with opened.open(member) as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
    except UNPACKING as error:
        raise DataError(
            f"What was fetched is no archive from which {member} can be unpacked: {type(error).__name__}.",
            next_step="look at the address in data.py",
        ) from error


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Cannot write below {home}: {error.strerror or error}.",
            next_step="make the folder writable, free disk space, or name another by XDG_CACHE_HOME",
        ) from error
