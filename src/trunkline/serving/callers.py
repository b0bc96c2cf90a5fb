"""Callers: who sent a request, by the key or token that it carries."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from starlette.requests import Request

from trunkline.core.errors import TrunklineError
from trunkline.core.keys import Key, Scope, hash_of, read_keys
from trunkline.core.policy.access import LIMITS, Limits

LOOK_EVERY = 1.0
"""Seconds between two looks whether the file of keys changed."""


@dataclass(frozen=True)
class Caller:
    """Who asks, what for, and how much."""

    name: str
    scopes: Collection[str]
    limits: Limits = LIMITS


def caller_of(request: Request) -> Caller:
    """Return who sent a request."""
    caller: Caller = request.state.caller
    return caller


class NotAdmitted(Exception):
    """A key or token that opens nothing; `reason` says why in one word, and never what was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Callers(Protocol):
    """Who is known."""

    async def known(self, presented: str) -> Caller:
        """Return whose key or token this is. Raises NotAdmitted."""


class Keys:
    """The keys of a file, read again when it changes, and those that were `given` at the start.

    `told` hears why a changed file cannot be read; the keys of before stay.
    """

    def __init__(
        self,
        path: Path,
        given: Collection[Key],
        limits: Limits,
        *,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = path
        self._given = tuple(given)
        self._limits = limits
        self._told = told
        self._looked = 0.0
        self._state = _state(path)
        self._keys = (*self._given, *read_keys(path))

    async def known(self, presented: str) -> Caller:
        """Return whose key this is. Raises NotAdmitted."""
        self._look()
        found = hash_of(presented)
        # All are compared, so that the time tells nothing.
        matches = [key for key in self._keys if hmac.compare_digest(found, key.sha256)]
        if not matches:
            raise NotAdmitted("unknown")
        key = matches[0]
        if key.expired(datetime.now(UTC)):
            raise NotAdmitted("expired")
        return Caller(key.id, key.scopes, key.limits or self._limits)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        if (state := _state(self._path)) != self._state:
            self._state = state
            try:
                self._keys = (*self._given, *read_keys(self._path))
            except TrunklineError as error:
                self._told(error.what)


class Either:
    """The callers of the one, and those of the other."""

    def __init__(self, first: Callers, second: Callers) -> None:
        self._first = first
        self._second = second

    async def known(self, presented: str) -> Caller:
        """Return whom the first knows, else the second. Raises NotAdmitted."""
        try:
            return await self._first.known(presented)
        except NotAdmitted as error:
            if error.reason != "unknown":
                raise
        return await self._second.known(presented)


def legacy(hashes: Collection[str]) -> tuple[Key, ...]:
    """Return the keys of the log that TRUNKLINE_LOG_TOKEN_SHA256 names by their hashes."""
    scopes: tuple[Scope, ...] = ("log",)
    return tuple(
        Key(id=f"log-token-{place}", sha256=each, scopes=scopes, made=datetime.fromtimestamp(0, UTC))
        for place, each in enumerate(hashes, 1)
    )


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
