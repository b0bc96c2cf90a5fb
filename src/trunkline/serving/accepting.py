"""Accepting: a connection counts from its first byte on, and its TLS handshake ends soon."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Sized

HANDSHAKE_SECONDS = 5.0
TRY_AGAIN_S = 0.5
"""After the system gave no connection, mostly for lack of files."""


class Accepting:
    """Accepts connections for protocols that `make` makes, with TLS where there is a `context`.

    `open_ones` are the connections that are open; with those whose handshake is under way there are at most `most`.
    """

    def __init__(
        self,
        make: Callable[[], asyncio.Protocol],
        open_ones: Sized,
        most: int,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._make = make
        self._open = open_ones
        self._most = most
        self._context = context
        self._greeted: set[asyncio.Task[None]] = set()

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
                if len(self._open) + len(self._greeted) < self._most:
                    task = loop.create_task(self._greet(connection))
                    self._greeted.add(task)
                    task.add_done_callback(self._greeted.discard)
                else:
                    connection.close()
                # Many that come at once keep nobody else from being served.
                await asyncio.sleep(0)
        finally:
            for task in self._greeted:
                task.cancel()

    async def _greet(self, connection: socket.socket) -> None:
        seconds = HANDSHAKE_SECONDS if self._context else None
        # Who breaks off the handshake, or takes too long, is gone.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make, connection, ssl=self._context, ssl_handshake_timeout=seconds
            )
