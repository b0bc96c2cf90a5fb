"""Copies: the files of installed packages and of the toolkit, each compared with what its installer recorded."""

from __future__ import annotations

import base64
import csv
import hashlib
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import trunkline
from trunkline.core.errors import ProjectError


def record_of(found: metadata.Distribution) -> str:
    """Return the list of a package's files that its installer wrote; empty when there is none."""
    return found.read_text("RECORD") or ""


def toolkit_files() -> Mapping[str, Path]:
    """Return the toolkit's files by their path in it, compiled ones left out."""
    folder = Path(trunkline.__file__).resolve().parent
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def copy_package(name: str, found: metadata.Distribution, site: Path) -> None:
    """Copy the files of a package that its installer recorded, each compared with the recorded digest.

    Raises ProjectError when a file is missing or is not what was installed.
    """
    # The record itself is read: `found.files` leaves out what is missing, on newer Pythons and with the backport.
    for path, digest, _ in csv.reader(record_of(found).splitlines()):
        place, (mode, _, wanted) = Path(path), digest.partition("=")
        if place.suffix == ".pyc" or place.is_absolute() or ".." in place.parts:
            continue  # compiled anew; commands and files of other folders are not needed to serve
        if not wanted and place.name != "RECORD":
            continue  # nobody says what it should hold
        source = Path(str(found.locate_file(path)))
        content = source.read_bytes() if source.is_file() else None
        if content is None or (wanted and _digest(content, mode) != wanted.rstrip("=")):
            raise ProjectError(
                f"{place} of the package {name} is {'missing' if content is None else 'not what was installed'}.",
                next_step="make clean setup, then deploy again",
            )
        write_file(site / place, content)


def _digest(content: bytes, mode: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(mode, content).digest()).decode().rstrip("=")


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def protect(folder: Path) -> None:
    """Take away the right to write, so that nothing is installed there by mistake."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else path.stat().st_mode & 0o111 | 0o444)


def remove(folder: Path) -> None:
    """Remove a folder, also one that `protect` closed; nothing happens when there is none."""
    if not folder.is_dir():
        return
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
