"""One planted fault: what is changed in a good repository, and who must say so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

GOOD = Path(__file__).parents[1] / "fixture"
CI = ".github/workflows/ci.yml"
RELEASE = ".github/workflows/release.yml"
MONITOR = ".github/workflows/monitor.yml"


@dataclass(frozen=True)
class Fault:
    """A fault in one file of the good repository, and the checker and rule that catch it first."""

    name: str
    file: str
    change: Callable[[str], str]
    checker: str = ""
    rule: str = ""
    uncaught: str = ""
    """Why nobody can catch it by reading, where that is so."""

    def plant(self, folder: Path) -> Path:
        """Write the faulty repository into a folder of its own there and return that.

        Raises:
            ValueError: The change changes nothing: the good file no longer has what it replaces.
        """
        planted = folder / self.name
        shutil.copytree(GOOD, planted)
        good = (GOOD / self.file).read_text(encoding="utf-8")
        faulty = self.change(good)
        if faulty == good:
            raise ValueError(f"{self.name} changes nothing in {self.file}")
        (planted / self.file).write_text(faulty, encoding="utf-8")
        return planted


def swap(old: str, new: str) -> Callable[[str], str]:
    """Return the change that puts one text, where it first stands, in another's place."""
    return lambda text: text.replace(old, new, 1)


def both(one: Callable[[str], str], other: Callable[[str], str]) -> Callable[[str], str]:
    """Return the change that makes two."""
    return lambda text: other(one(text))
