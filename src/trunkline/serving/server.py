"""The server: uvicorn, told to reload, to stop in peace, and to take a renewed certificate."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import uvicorn

from trunkline.core.record import write_atomically

from .accepting import Accepting
from .limits import PatientProtocol, most_connections
from .listening import Certificate
from .service import Service

GRACE_SECONDS = 30
RENEW_TICKS = 10
"""One second."""


class Server(uvicorn.Server):
    """Uvicorn that ends with code 0 when asked to stop, and reloads on SIGHUP."""

    def __init__(
        self,
        config: uvicorn.Config,
        service: Service,
        port_file: Path | None,
        certificate: Certificate | None = None,
        *,
        of_one: int = 0,
    ) -> None:
        super().__init__(config)
        self._of_one = of_one
        self._accepting: list[asyncio.Task[None]] = []
        self._service = service
        self._port_file = port_file
        self._certificate = certificate
        self._hung_up_early = False
        # Until the event loop takes over, a SIGHUP would end the process.
        signal.signal(signal.SIGHUP, self._remember)

    def _remember(self, _: int, __: FrameType | None) -> None:
        self._hung_up_early = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; uvicorn would raise them again after it has stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then say so."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._service.request_reload)
        if self._hung_up_early:
            self._service.request_reload()
        # Without sockets: what uvicorn accepts itself counts only after its handshake, which may take a minute.
        await super().startup([])
        door = Accepting(self._protocol, most_connections(), self.config.ssl, of_one=self._of_one)
        self._accepting = [asyncio.create_task(door.accept(listener)) for listener in sockets or ()]
        port = sockets[0].getsockname()[1] if sockets else self.config.port
        if self._port_file:
            write_atomically(self._port_file, f"{port}\n".encode())
        self._service.log.info("started", port=port, **self._service.live.about())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, and end what is under way."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        await super().shutdown(sockets)

    def _protocol(self, left: Callable[[], None]) -> asyncio.Protocol:
        made = PatientProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        made.left = left
        return made

    async def on_tick(self, counter: int) -> bool:
        """Take a renewed certificate; the server calls this ten times a second."""
        if self._certificate and counter % RENEW_TICKS == 0:
            try:
                if self._certificate.renew():
                    self._service.log.info("certificate renewed")
            except OSError as error:
                self._service.log.error("certificate not renewed", reason=str(error))
        return await super().on_tick(counter)
