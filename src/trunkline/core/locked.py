"""Locks: which versions of which packages a project installs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ProjectError

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;)?", re.MULTILINE)


def canonical_name(name: str) -> str:
    """Return the one form of a package's name: lower case, its parts joined by `-` (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Locked:
    """A package as the locks name it."""

    name: str
    """As `canonical_name` gives it."""
    versions: frozenset[str]
    """More than one where a lock holds for several versions of Python."""
    conditional: bool
    """Whether it is named only for some systems or versions of Python."""

    def also(self, other: Locked | None) -> Locked:
        """Return what two lines, or two locks, say of one package."""
        if other is None:
            return self
        return Locked(self.name, self.versions | other.versions, self.conditional and other.conditional)


def read_lock(path: Path) -> tuple[Locked, ...]:
    """Return what a lock names, in its order.

    Raises ProjectError when it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"Cannot read the lock {path}: {error}.", next_step="make lock") from error
    found: dict[str, Locked] = {}
    for name, version, marker in _PIN.findall(text):
        canonical = canonical_name(name)
        line = Locked(canonical, frozenset({version}), bool(marker))
        found[canonical] = line.also(found.get(canonical))
    return tuple(found.values())
