"""Who a user is in the prediction log: a name that only the holder of the environment's secret can make."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from trunkline.core.errors import StorageError

VARIABLE = "TRUNKLINE_USER_SECRET"
SHORTEST = 32
"""Characters: a secret that can be guessed hides nobody."""
LENGTH = 32
"""Hexadecimal digits of a name in the log; earlier versions gave shorter ones."""


def pseudonym(secret: bytes, key: str | None) -> str:
    """Return the 32 digits under which the log knows a user, an HMAC of the key; empty when there is none."""
    return "" if key is None else hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def old_pseudonym(salt: str, key: str) -> str:
    """Return the sixteen digits by which earlier versions knew a user: the salt of the release followed by the key."""
    return hashlib.sha256((salt + key).encode()).hexdigest()[:16]


def environment_secret(path: Path, variables: Mapping[str, str]) -> bytes:
    """Return the secret of an environment: the variable's, else what the file holds, which is made the first time.

    Raises StorageError when the secret is too short, or the file can be neither read nor made.
    """
    text = variables.get(VARIABLE, "").strip()
    try:
        if not text:
            if not path.exists():
                _make(path)
            text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StorageError(
            f"Cannot read or make the secret by which users are logged, {path}: {reason}.",
            next_step=f"make its folder writable, or set {VARIABLE}",
        ) from error
    if len(text) < SHORTEST:
        raise StorageError(
            f"The secret by which users are logged has {len(text)} characters, and {SHORTEST} are needed.",
            next_step=f"set {VARIABLE} to 64 random digits, or remove {path}: then users get new names in the log",
        )
    return text.encode()


def _make(path: Path) -> None:
    """Write a secret whole or not at all; of two that do so at once the first one counts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    file = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, (secrets.token_hex(32) + "\n").encode())
        os.fsync(file)
        with suppress(FileExistsError):
            os.link(half, path)
    finally:
        os.close(file)
        half.unlink()
