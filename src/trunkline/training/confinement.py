"""Confinement: the process of a bundle reads the bundle and what is installed, so that its digest says what it answers.

Python's own reads are refused by an audit hook, which names them. Where the kernel has Landlock (Linux 5.13), it
refuses what libraries read by themselves, too, and every change of a file outside a temporary folder.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .places import holds, installed, opened_name, without

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WHICH_VERSION = 1
_READ_FILE = 1 << 2
_REMOVE_FOLDER = 1 << 4
_CHANGE = 1 << 1 | _REMOVE_FOLDER | sum(1 << bit for bit in range(5, 13))
"""To write and remove files, and to make files, folders, links, pipes and sockets."""
_TRUNCATE, _KNOWS_TRUNCATE = 1 << 14, 3
_DEVICES = Path("/dev")
_PATH_BENEATH = 1
_VARIABLES = re.compile(r"/proc/.*/environ")
"""The variables with which a process was started: what a bundle does not see by `os.environ`."""
_NO_NEW_PRIVILEGES = 38


class Confined:
    """What a confined process was refused: files outside, in the order in which it asked for them."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.refused: list[str] = []
        self._places = tuple(places)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse to open a file that lies outside and is there (an audit hook; raises PermissionError)."""
        name = opened_name(event, arguments)
        if name is None:
            return
        inside = holds(self._places, name) and not _VARIABLES.fullmatch(os.path.realpath(name))
        if inside or not os.path.isfile(name):  # noqa: PTH113
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
    shared = tempfile.gettempdir()
    own = tempfile.mkdtemp(prefix="trunkline-model-")
    os.environ["TMPDIR"] = tempfile.tempdir = own
    places = [place for place in installed() if hidden is None or not hidden.is_relative_to(place)]
    if hidden is not None:
        wide = (place for place in installed() if hidden.is_relative_to(place))
        places += without(wide, Path(os.path.realpath(hidden)))
    places += [Path(os.path.realpath(bundle)), Path(os.path.realpath(own))]
    guard = Confined(places)
    # The folder of its own is removed in the end, which is a change of the one that it lies in.
    _landlock(places, changed=(Path(own), _DEVICES), emptied=Path(shared))
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


def _landlock(places: Sequence[Path], *, changed: Sequence[Path], emptied: Path) -> bool:
    """Let this thread and those it starts read files in the places, and change them in `changed`, only.

    Empty folders may be removed from `emptied`. False where the kernel cannot.
    """
    if not sys.platform.startswith("linux"):
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), _WHICH_VERSION)
    change = _CHANGE | (_TRUNCATE if version >= _KNOWS_TRUNCATE else 0)
    allowed = [(place, _READ_FILE) for place in places]
    allowed += [(place, _READ_FILE | change) for place in changed]
    allowed.append((emptied, _REMOVE_FOLDER))
    attributes = _Ruleset(_READ_FILE | change)
    ruleset = call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for place, rights in allowed:
            try:
                parent = os.open(place, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            rule = _PathBeneath(rights, parent)
            call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
            os.close(parent)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            return False
        return bool(call(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)
