"""Accepting: a connection counts from its first byte on, and its TLS handshake ends soon."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

HANDSHAKE_SECONDS = 5.0
TRY_AGAIN_S = 0.5
"""After the system gave no connection, mostly for lack of files."""


class Accepting:
    """Accepts at most `most` connections at a time, with TLS where there is a `context`.

    `make` makes the protocol of a connection, which calls what it is given when it has lost it.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], None]], asyncio.Protocol],
        most: int,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._make = make
        self._most = most
        self._context = context
        self._held: set[socket.socket] = set()
        self._greeting: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> None:
        """Accept what comes to a socket that listens, until this is cancelled."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        try:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listener)
                except OSError:
                    await asyncio.sleep(TRY_AGAIN_S)
                    continue
                if len(self._held) < self._most:
                    self._held.add(connection)
                    task = loop.create_task(self._greet(connection))
                    self._greeting.add(task)
                    task.add_done_callback(self._greeting.discard)
                else:
                    connection.close()
                # Many that come at once keep nobody else from being served.
                await asyncio.sleep(0)
        finally:
            # Who was let in is known to the server before it ends what is open.
            if self._greeting:
                await asyncio.wait(self._greeting)

    async def _greet(self, connection: socket.socket) -> None:
        def left() -> None:
            self._held.discard(connection)

        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._make(left),
                connection,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._context else None,
            )
        except OSError:
            # Who breaks off the handshake, or takes too long, is gone.
            left()
