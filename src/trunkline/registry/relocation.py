"""Relocation: the places of artifacts in an embedded store, freed from the folder that it lies in."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

ARTIFACTS = "mlartifacts"
PLACEHOLDER = f"trunkline-store:/{ARTIFACTS}"
"""What stands for the folder of artifacts in a store that travels."""
LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
"""Where MLflow 3 writes down a place, by table and column."""


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AT_HOME = frozenset({PLACEHOLDER.partition(":")[0], "file", "models", "runs"})


def make_relative(store: sqlite3.Connection, folder: Path) -> None:
    """Replace the folder of artifacts below `folder` by the placeholder, wherever the store names it."""
    here = _forms(folder)

    def freed(place: str) -> str:
        for form in here:
            if place == form or place.startswith(form + "/"):
                return PLACEHOLDER + place[len(form) :]
        return place

    _rewrite(store, freed)
    # MLflow gives its own first experiment the folder that the process happened to start in.
    store.execute(
        "UPDATE experiments SET artifact_location = ? WHERE experiment_id = 0"
        " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.experiment_id = 0)",
        (PLACEHOLDER,),
    )


def foreign_places(store: sqlite3.Connection) -> list[str]:
    """Return the places of a store that lie neither in files nor in the store itself, such as a web address."""
    return [
        place
        for place in _places(store)
        if (scheme := _SCHEME.match(place)) and scheme[1].lower() not in _AT_HOME
    ]


def make_absolute(store: sqlite3.Connection, folder: Path) -> None:
    """Replace the placeholder by the folder of artifacts below `folder`."""
    root = (folder / ARTIFACTS).as_uri()

    def bound(place: str) -> str:
        if place == PLACEHOLDER or place.startswith(PLACEHOLDER + "/"):
            return root + place[len(PLACEHOLDER) :]
        return place

    _rewrite(store, bound)


def mend(database: Path) -> bool:
    """Point a store whose project was moved at the artifacts that moved with it; return whether anything changed.

    A place that still exists where the store says, or that has no counterpart beside the store, stays as it is.
    """
    folder = database.parent
    here = _forms(folder)

    def found(place: str) -> str:
        before, named, after = place.rpartition(f"/{ARTIFACTS}")
        if not named or place.startswith(tuple(here)) or "://" in place.removeprefix("file://"):
            return place
        old, new = path_of(before + named), folder / ARTIFACTS
        if old.exists() or not (new / unquote(after).lstrip("/")).exists():
            return place
        return new.as_uri() + after

    store = sqlite3.connect(database, timeout=30)
    try:
        with store:
            return _rewrite(store, found)
    finally:
        store.close()


def path_of(place: str) -> Path:
    """Return the path that a place names, written as a path or as a file URI."""
    return Path(unquote(place.removeprefix("file://")) if place.startswith("file://") else place)


def _forms(folder: Path) -> tuple[str, ...]:
    root = folder / ARTIFACTS
    return (root.as_uri(), str(root), f"file://{root}")


def _places(store: sqlite3.Connection) -> Iterator[str]:
    for table, column in LOCATIONS:
        if store.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            rows = store.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608  # names of ours
            yield from (place for (place,) in rows if place)


def _rewrite(store: sqlite3.Connection, change: Callable[[str], str]) -> bool:
    changed = False
    for table, column in LOCATIONS:
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            continue
        places = store.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608  # names of ours
        for (place,) in places:
            if place and (new := change(place)) != place:
                store.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, place))  # noqa: S608
                changed = True
    return changed
