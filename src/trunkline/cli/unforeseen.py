"""Unforeseen errors: a short message for the user, and a report for those who correct Trunkline."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from trunkline import __version__
from trunkline.core.errors import StorageError, TrunklineError, UnforeseenError, of_system


def expected(error: Exception, arguments: Sequence[str]) -> TrunklineError:
    """Return an error that people can act on; for an unforeseen one, a report is written first."""
    if isinstance(error, TrunklineError):
        return error
    if isinstance(error, RuntimeError) and str(error).startswith(
        "Symlink loop"
    ):  # an OSError from Python 3.13 on
        return StorageError(f"{error}.", next_step="remove the link, or point it at a file")
    if isinstance(error, RuntimeError) and str(error).startswith("Could not determine home"):
        return StorageError(
            "A path begins with ~ and a user whose home is not known here.",
            next_step="write the path in full: in TRUNKLINE_HOME, trunkline.yaml or the call",
        )
    if isinstance(error, OSError):
        return of_system(error)
    said = " ".join(str(error).split())[:200]
    try:
        place = f"send {_keep(_report(error, arguments))} to the maintainers of Trunkline; it may contain your values"
    except OSError as full:
        place = (
            f"no report could be written ({full.strerror}); run the command again where there is disk space"
        )
    return UnforeseenError(
        f"Trunkline failed unexpectedly: {type(error).__name__}{': ' if said else ''}{said}.",
        next_step=place,
    )


def _report(error: Exception, arguments: Sequence[str]) -> str:
    """Return what happened, where, and in which versions."""
    lines = [
        f"trunkline {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"called: trunkline {' '.join(arguments)}",
        f"in: {Path.cwd()}",
        f"with: {sys.executable}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(lines)


def _keep(report: str) -> Path:
    """Write a report, readable by the user alone, and return its file."""
    handle, name = tempfile.mkstemp(prefix="trunkline-report-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(report)
    return Path(name)
