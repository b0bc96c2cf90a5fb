"""Raised: what code of a project raised, in one line that names the place in the project's own file."""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ProjectError, TrunklineError

LONGEST = 300
"""Letters of a message that are shown; some libraries raise a whole page."""
_OURS = str(Path(__file__).parents[1])
_INSTALLED = tuple(
    folder + os.sep
    for folder in {_OURS, *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))}
)


def raised(error: BaseException) -> str:
    """Return type, message and place of what was raised, in one line without a full stop.

    The place is the last line in a file that is neither the toolkit's nor installed. It is left out where there is
    none.
    """
    words = f"{type(error).__name__}: {one_line(error)}".rstrip(" .:")
    if place := _place(error):
        words += f" ({place})"
    return words


def one_line(said: object) -> str:
    """Return a message in one line, cut after some hundred letters."""
    text = " ".join(str(said).split())
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


@contextmanager
def asking(
    what: str,
    next_step: str,
    *,
    kind: type[TrunklineError] = ProjectError,
    answers: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Turn what code of a project raises into an error of one line that begins with `what`.

    Our own errors pass, and so do `answers`, by which a library answers. `sys.exit` in that code is an error too: it
    would end the command in silence.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, (TrunklineError, *answers)):
            raise
        raise kind(f"{what} {raised(error)}.", next_step=next_step) from error


def _place(error: BaseException) -> str:
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_absolute() and not frame.filename.startswith(_INSTALLED):
            parts = Path(frame.filename).parts
            at = next((place for place, part in enumerate(parts) if part in ("src", "code")), len(parts) - 1)
            return f"{'/'.join(parts[at:])}, line {frame.lineno}"
    return ""
