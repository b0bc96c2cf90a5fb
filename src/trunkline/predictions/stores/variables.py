"""Variables of log stores: from the environment, and from a file beside the environment's secret.

A service that `trunkline deploy` or systemd starts sees no variable of whoever started it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from trunkline.core.errors import StorageError

ENDING = ".variables"
FILE = "TRUNKLINE_VARIABLES_FILE"
"""The variable that names the file where it lies elsewhere, as in a container."""


def variables_of(secret: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environment`, and those of the file beside an environment's secret, which come first.

    Raises StorageError when it cannot be read, or a line is not NAME=value.
    """
    # A workflow sets what its repository does not name to nothing.
    environment = {name: value for name, value in environment.items() if value}
    path = file_beside(secret, environment)
    if not os.path.lexists(path):
        return environment
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"Cannot read {path}: {type(error).__name__}.", next_step="make it readable for who serves"
        ) from error
    return {**environment, **variables_in(text, origin=str(path))}


def file_beside(secret: Path, environment: Mapping[str, str]) -> Path:
    """Return the file of an environment's variables; it need not exist."""
    return Path(environment.get(FILE) or secret.with_name(secret.name + ENDING))


def variables_in(text: str, *, origin: str) -> dict[str, str]:
    """Return what lines NAME=value name; empty ones and those that begin with # are passed over.

    Raises StorageError where a line is none; `origin` says where it stands.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.isidentifier():
            # Not quoted: it may hold a password.
            raise StorageError(f"{origin}, line {number} is not NAME=value.", next_step="correct the line")
        found[name] = value
    return found
