"""Accepting: a connection counts from its first byte on, for its address too, and its TLS handshake ends soon."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable

HANDSHAKE_SECONDS = 5.0
TRY_AGAIN_S = 0.5
"""After the system gave no connection, mostly for lack of files."""


class Accepting:
    """Accepts at most `most` connections at a time, and `of_one` of an address, with TLS where there is a `context`.

    Where `of_one` is 0, one address may have all. `place` says what counts as one; what it leaves empty is not counted.
    `make` makes the protocol of a connection, which calls what it is given when it has lost it.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], None]], asyncio.Protocol],
        most: int,
        context: ssl.SSLContext | None = None,
        *,
        of_one: int = 0,
        place: Callable[[str], str] | None = None,
    ) -> None:
        self._make = make
        self._most = most
        self._context = context
        self._of_one = of_one
        self._place = place or place_of
        self._held: dict[socket.socket, str] = {}
        self._of: Counter[str] = Counter()
        self._greeting: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> None:
        """Accept what comes to a socket that listens, until this is cancelled."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        try:
            while True:
                try:
                    connection, peer = await loop.sock_accept(listener)
                except OSError:
                    await asyncio.sleep(TRY_AGAIN_S)
                    continue
                place = self._place(peer[0]) if self._of_one else ""
                if len(self._held) < self._most and not (place and self._of[place] >= self._of_one):
                    self._held[connection] = place
                    self._of[place] += 1
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
            place = self._held.pop(connection, None)
            if place is not None:
                self._of[place] -= 1
                if not self._of[place]:
                    del self._of[place]

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


def place_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network that a single customer has; empty for this machine."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return ""
    return str(ipaddress.ip_network((found, 64 if found.version == 6 else 32), strict=False))
