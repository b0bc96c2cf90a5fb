"""Variables: the environment of a machine, which the code of a bundle does not see, so that its digest says all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, cast

_PASSED_THROUGH = ("os", "collections.abc", "_collections_abc", __name__)
"""Modules through which code asks for a variable."""


class Unseen(MutableMapping[str, str]):
    """The variables in `whole`: for code in the folder `code` there are none, for all other code there are all.

    `asked` gets a note for each variable that this code reads. The code may set variables for libraries, and reads
    those that it set.
    """

    def __init__(self, whole: MutableMapping[str, str], code: Path, asked: list[str]) -> None:
        self._whole = whole
        self._code = (f"{code}{os.sep}", f"{os.path.realpath(code)}{os.sep}")
        self._asked = asked
        self._own: set[str] = set()

    def __getitem__(self, name: str) -> str:
        if name not in self._own and self._by_the_code():
            self._note(f"the variable {name}")
            raise KeyError(f"{name}: a bundle sees no variable of the environment")
        return self._whole[name]

    def __setitem__(self, name: str, value: str) -> None:
        if self._by_the_code():
            self._own.add(name)
        self._whole[name] = value

    def __delitem__(self, name: str) -> None:
        self._own.discard(name)
        del self._whole[name]

    def __iter__(self) -> Iterator[str]:
        if self._by_the_code():
            self._note("all variables of the environment")
            return iter(self._own & self._whole.keys())
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def copy(self) -> dict[str, str]:
        """Return the variables that who asks may see."""
        return dict(self)

    def _by_the_code(self) -> bool:
        frame = sys._getframe(1)  # inspect's own way is a thousand times slower
        while frame.f_back is not None and frame.f_globals.get("__name__") in _PASSED_THROUGH:
            frame = frame.f_back
        return frame.f_code.co_filename.startswith(self._code)

    def _note(self, what: str) -> None:
        if what not in self._asked:
            self._asked.append(what)


class _AsBytes(MutableMapping[bytes, bytes]):
    """The same variables for who asks in bytes."""

    def __init__(self, whole: MutableMapping[str, str]) -> None:
        self._whole = whole

    def __getitem__(self, name: bytes) -> bytes:
        return os.fsencode(self._whole[os.fsdecode(name)])

    def __setitem__(self, name: bytes, value: bytes) -> None:
        self._whole[os.fsdecode(name)] = os.fsdecode(value)

    def __delitem__(self, name: bytes) -> None:
        del self._whole[os.fsdecode(name)]

    def __iter__(self) -> Iterator[bytes]:
        return map(os.fsencode, iter(self._whole))

    def __len__(self) -> int:
        return len(self._whole)


def hide_variables(code: Path, asked: list[str]) -> None:
    """Hide the variables of this process, for good, from code in a folder; call it before any of that code runs.

    `asked` gets a note for each variable that it asks for.
    """
    os.environ = cast("Any", Unseen(os.environ, code, asked))  # noqa: B003 - a view of it, which clears nothing
    os.environb = cast("Any", _AsBytes(os.environ))
    if (posix := sys.modules.get("posix")) is not None:
        posix.environ = {}  # type: ignore[attr-defined]  # what Python read when it started; os keeps its own
