"""Places: where a process may read without depending on anything but what is installed."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import trunkline

SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys", "/dev", "/nix", "/snap",
    "/System", "/Library",
)  # fmt: skip


def installed() -> tuple[Path, ...]:
    """Return the folders of the system, of Python, of installed packages and of the toolkit."""
    paths = sysconfig.get_paths()
    names = [*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    names += [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    names += [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    names += [str(Path(trunkline.__file__).parent)]
    return tuple(sorted({Path(os.path.realpath(name)) for name in names if Path(name).exists()}))


def without(places: Iterable[Path], hidden: Path) -> Iterator[Path]:
    """Yield the places with `hidden` cut out of those that it lies in; places within it are left."""
    for place in places:
        if hidden == place:
            continue
        if not hidden.is_relative_to(place):
            yield place
            continue
        for entry in os.scandir(place):
            yield from without([Path(os.path.realpath(entry.path))], hidden)


def holds(places: Iterable[Path], path: str) -> bool:
    """Whether a path, its links followed, lies in one of the places."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(place) for place in places)


def opened_name(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the name of the file that an audit event is about to open; None for other events and open descriptors."""
    if event not in ("open", "sqlite3.connect"):
        return None
    name = arguments[0]
    name = os.fsdecode(name) if isinstance(name, bytes) else name
    return name if isinstance(name, str) else None
