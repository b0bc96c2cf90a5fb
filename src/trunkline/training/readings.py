"""Readings: files that training reads although no training key covers them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trunkline.core.errors import ProjectError

from .places import holds, installed, opened_name

SETTINGS = (".config", ".cache/matplotlib", ".cache/fontconfig", ".matplotlib", ".keras/keras.json")
"""What libraries read in a home without being told to."""
_watching: list[Watch] = []
_hooked: list[bool] = []


class Watch:
    """The files that were opened for reading since it began and lie in none of the known places."""

    def __init__(self, known: Iterable[Path]) -> None:
        self._begun = time.time()
        self._known = (*installed(), *known)
        self._opened: dict[str, None] = {}

    def hear(self, name: str) -> None:
        """Note a file that is about to be opened."""
        self._opened.setdefault(os.path.abspath(name))  # noqa: PTH100 - a hook must not do more than it needs

    def unknown(self) -> tuple[str, ...]:
        """Return the files, by name; one that was written meanwhile is no input."""
        found = []
        for name in self._opened:
            path = Path(name)
            if path.is_file() and path.stat().st_mtime < self._begun and not holds(self._known, name):
                found.append(name)
        return tuple(sorted(found))


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (name := opened_name(event, arguments)) is not None:
        for watch in _watching:
            watch.hear(name)


@contextmanager
def watched(root: Path, known: Iterable[Path]) -> Iterator[Watch]:
    """Watch what this process reads, and refuse in the end what no training key covers.

    `root` is the project's folder, from which files are named; `known` are its files and folders that the key covers
    or that shape no model. What libraries read without Python, and what processes read that are started, is not seen.
    Raises ProjectError that names the files.
    """
    if not _hooked:
        sys.addaudithook(_hear)
        _hooked.append(True)
    home = Path.home()
    watch = Watch([*(Path(os.path.realpath(path)) for path in known), *(home / name for name in SETTINGS)])
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
    if found := watch.unknown():
        names = [
            os.path.relpath(name, root) if name.startswith(f"{root}{os.sep}") else name for name in found
        ]
        raise ProjectError(
            f"Training read {', '.join(names[:5])}{' and more' if names[5:] else ''}, outside the package: the "
            "training key does not cover it.",
            next_step="move it into the package, or list it under training.files in trunkline.yaml (for what training "
            "alone reads)",
        )
