"""Limits: how many requests a caller may send, and how long a client may take to send one."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections import OrderedDict
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trunkline.core.policy.access import Limits

from . import bodies

MOST_CALLERS = 10_000
"""Buckets that are kept; the one that was used least recently goes first, and is full when it comes back."""
HEAD_SECONDS = 10.0
HEAD_BYTES = 65_536
MOST_CONNECTIONS = 10_000
OTHER_FILES = 100
"""Files that the process may open for the log, the models and the release."""
READING_SECONDS = 60.0
"""So long a client may read nothing of its answer."""


class Buckets:
    """One bucket of tokens a caller: it fills at the caller's rate, and each request takes one token."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, limits: Limits) -> float:
        """Take one token and return 0, or the seconds until there is one."""
        now = self._clock()
        held, then = self._held.pop(name, (float(limits.burst), now))
        held = min(float(limits.burst), held + (now - then) * limits.rate)
        short = max(0.0, 1.0 - held)
        self._held[name] = (held if short else held - 1.0, now)
        if len(self._held) > MOST_CALLERS:
            self._held.popitem(last=False)
        return short / limits.rate


def most_connections() -> int:
    """Return how many connections may be open: what the system lets the process open, once asked for all of it."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        least = most
    return MOST_CONNECTIONS if least < 0 else max(1, min(MOST_CONNECTIONS, least - OTHER_FILES))


class PatientProtocol(HttpToolsProtocol):
    """A connection that is closed when a head takes too long or grows too large, or when nobody reads the answer."""

    _head: asyncio.TimerHandle | None = None
    _rest: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _read = 0
    left: Callable[[], None] | None = None
    """Is called when the connection is lost."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """Wait no longer: the body has a time of its own."""
        self._settle()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next request as long as for any, where the body came after its answer."""
        super().on_message_complete()
        if self.cycle.response_complete:
            self._settle()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def data_received(self, data: bytes) -> None:
        """Take what came, as long as it is no endless head, and no body that nobody reads and that does not end."""
        super().data_received(data)
        if self._head is not None:
            self._read += len(data)
            if self._read > HEAD_BYTES:
                self._end()
        elif self._rest is None and self.timeout_keep_alive_task is None and self.cycle.response_complete:
            # Whatever came ended the time that an idle connection has.
            self._rest = self.loop.call_later(bodies.BODY_SECONDS, self._end)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._stuck = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no longer: it reads."""
        if self._stuck is not None and not self.transport.is_closing():
            self._stuck.cancel()
            self._stuck = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Wait for the client to read the last answer."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._end()

    def timeout_keep_alive_handler(self) -> None:
        """End what was idle too long."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._settle()
        if self._stuck is not None:
            self._stuck.cancel()
        if self.left is not None:
            self.left()
        super().connection_lost(exc)

    def _end(self) -> None:
        """Close the connection when the client has read what was answered, and in a minute whether it has or not."""
        self.transport.close()
        if self._stuck is None:
            self._stuck = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def _expect(self) -> None:
        self._settle()
        self._read = 0
        self._head = self.loop.call_later(HEAD_SECONDS, self._end)

    def _settle(self) -> None:
        for timer in (self._head, self._rest):
            if timer is not None:
                timer.cancel()
        self._head = self._rest = None
