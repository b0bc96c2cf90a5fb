"""Keys of a service's callers: long random texts, of which only hashes are kept."""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .errors import NotFoundError
from .lock import only_one
from .policy.access import Limits
from .record import Record, UtcTime, write_atomically

Scope = Literal["predict", "log", "metrics", "feedback"]
ENDING = ".keys"
VARIABLE = "TRUNKLINE_KEYS"
"""Names the file of keys where it lies elsewhere, as in a container."""
KEY_OF: dict[Scope, str] = {
    "predict": "TRUNKLINE_KEY_PREDICT",
    "log": "TRUNKLINE_KEY_LOG",
    "metrics": "TRUNKLINE_KEY_METRICS",
    "feedback": "TRUNKLINE_KEY_FEEDBACK",
}
"""The variables that hold a caller's own keys."""


class Key(Record):
    """One key: whom it was made for, and what it opens; never the key itself."""

    id: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    made: UtcTime
    expires: UtcTime | None = None
    limits: Limits | None = None
    """Its own; None takes the policy's."""
    note: str = ""
    """Whose it is, for people."""

    def expired(self, now: datetime) -> bool:
        """Return whether it opens nothing any more."""
        return self.expires is not None and now >= self.expires


class KeyFile(Record):
    """The keys of an environment."""

    SCHEMA: ClassVar[str] = "trunkline/keys/1"

    keys: tuple[Key, ...] = ()


def hash_of(key: str) -> str:
    """Return what is kept of a key: with 256 random bits there is nothing to guess, so one round is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key(
    scopes: tuple[Scope, ...],
    now: datetime,
    *,
    expires: datetime | None = None,
    limits: Limits | None = None,
    note: str = "",
) -> tuple[Key, str]:
    """Return a key's record, and the key, which is shown once and kept nowhere."""
    identity = secrets.token_hex(4)
    text = f"trunkline_{identity}_{secrets.token_hex(32)}"
    made = Key(
        id=identity, sha256=hash_of(text), scopes=scopes, made=now, expires=expires, limits=limits, note=note
    )
    return made, text


def keys_beside(secret: Path) -> Path:
    """Return the file of an environment's keys, beside the environment's secret."""
    return secret.with_name(secret.name + ENDING)


def read_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys of a file; none where there is no file. Raises StorageError when it cannot be read."""
    return KeyFile.read(path).keys if os.path.lexists(path) else ()


def add_key(path: Path, key: Key) -> None:
    """Add a key to a file. Raises StorageError when it cannot be written."""
    with only_one(path.with_name(f".{path.name}.lock"), "Changing the keys", wait=True):
        _write(path, (*read_keys(path), key))


def revoke_key(path: Path, identity: str) -> Key:
    """Take a key out of a file and return its record. Raises NotFoundError when there is none of this id."""
    with only_one(path.with_name(f".{path.name}.lock"), "Changing the keys", wait=True):
        found = {key.id: key for key in read_keys(path)}
        if identity not in found:
            raise NotFoundError(
                "There is no key of this id.", value=identity, next_step="trunkline key list shows them"
            )
        gone = found.pop(identity)
        _write(path, tuple(found.values()))
    return gone


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    write_atomically(path, KeyFile(keys=keys).canonical() + b"\n")
