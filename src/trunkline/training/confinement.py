"""Confinement: the process of a bundle reads the bundle and what is installed, so that its digest says what it answers.

Python's own reads are refused by an audit hook, which names them. Where the kernel has Landlock (Linux 5.13), it
refuses what libraries read by themselves, too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .places import holds, installed, opened_name, without

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ_FILE = 1 << 2
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38


class Confined:
    """What a confined process was refused: files outside, in the order in which it asked for them."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.refused: list[str] = []
        self._places = tuple(places)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse to open a file that lies outside and is there (an audit hook; raises PermissionError)."""
        name = opened_name(event, arguments)
        if name is None or holds(self._places, name) or not os.path.isfile(name):  # noqa: PTH113
            return
        path = os.path.abspath(name)  # noqa: PTH100 - names what was asked for, links and all
        if path not in self.refused:
            self.refused.append(path)
        raise PermissionError(errno.EACCES, "a bundle reads no file outside itself", path)


@contextmanager
def confined(bundle: Path, hidden: Path | None = None) -> Iterator[Confined]:
    """Confine this process, for good, to a bundle's folder, what is installed, and a temporary folder of its own.

    `hidden` is a folder that must not be read even where it lies in a place of the system.
    """
    own = tempfile.mkdtemp(prefix="trunkline-model-")
    os.environ["TMPDIR"] = tempfile.tempdir = own
    places = [place for place in installed() if hidden is None or not hidden.is_relative_to(place)]
    if hidden is not None:
        wide = (place for place in installed() if hidden.is_relative_to(place))
        places += without(wide, Path(os.path.realpath(hidden)))
    places += [Path(os.path.realpath(bundle)), Path(os.path.realpath(own))]
    guard = Confined(places)
    _landlock(places)
    sys.addaudithook(guard.hear)
    try:
        yield guard
    finally:
        shutil.rmtree(own, ignore_errors=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _landlock(places: Sequence[Path]) -> bool:
    """Let this thread and those it starts read files in the places only; False where the kernel cannot."""
    if not sys.platform.startswith("linux"):
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    attributes = _Ruleset(_READ_FILE)
    ruleset = call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for place in places:
            try:
                parent = os.open(place, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            rule = _PathBeneath(_READ_FILE, parent)
            call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
            os.close(parent)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            return False
        return bool(call(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)
