"""Connections that are accepted: those without a handshake count, and lose their place soon."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from certificates import self_signed
from trunkline.serving import accepting
from trunkline.serving.accepting import Accepting

Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: tuple[Loop, ...] = (asyncio.new_event_loop, uvloop.new_event_loop)


class Echo(asyncio.Protocol):
    """Says what it hears."""

    def __init__(self, left: Callable[[], None]) -> None:
        self.left = left

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.left()


@contextlib.asynccontextmanager
async def accepted(most: int, context: ssl.SSLContext | None, of_one: int) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = Accepting(Echo, most, context, of_one=of_one, place=lambda address: address)
        task = asyncio.create_task(door.accept(listener))
        try:
            yield listener.getsockname()[1]
        finally:
            task.cancel()
            await asyncio.wait([task])


def connect(port: int, own: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(own, 0))


def said(client: socket.socket) -> bytes:
    """Return what a connection echoes; nothing where it is closed."""
    try:
        client.sendall(b"hello")
        return client.recv(5)
    except OSError:
        return b""


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    trusting = self_signed(tmp_path / "pem", tmp_path / "key")
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(tmp_path / "pem", tmp_path / "key")
    return own, trusting


def run(
    loop: Loop, act: Callable[[int], None], most: int, context: ssl.SSLContext | None, of_one: int = 0
) -> None:
    async def both() -> None:
        async with accepted(most, context, of_one) as port:
            await asyncio.to_thread(act, port)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(both())


@pytest.mark.parametrize("loop", LOOPS, ids=("asyncio", "uvloop"))
def test_of_too_many_connections_the_newest_is_closed_and_the_others_are_served(loop: Loop) -> None:
    def act(port: int) -> None:
        with connect(port) as first, connect(port) as second:
            assert said(first) == said(second) == b"hello"
            with connect(port) as third:
                assert said(third) == b""
            assert said(first) == b"hello"

    run(loop, act, 2, None)


@pytest.mark.parametrize("loop", LOOPS, ids=("asyncio", "uvloop"))
def test_a_connection_without_a_handshake_counts(
    loop: Loop, contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, trusting = contexts
    monkeypatch.setattr(accepting, "HANDSHAKE_SECONDS", 60.0)

    def act(port: int) -> None:
        with trusting.wrap_socket(connect(port), server_hostname="127.0.0.1") as served, connect(port):
            with connect(port) as newest:
                assert newest.recv(1) == b""
            assert said(served) == b"hello"

    run(loop, act, 2, own)


@pytest.mark.parametrize("loop", LOOPS, ids=("asyncio", "uvloop"))
def test_who_begins_no_handshake_loses_its_place(
    loop: Loop, contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, trusting = contexts
    monkeypatch.setattr(accepting, "HANDSHAKE_SECONDS", 0.3)

    def act(port: int) -> None:
        with connect(port) as silent, connect(port) as wrong:
            wrong.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
            assert silent.recv(1) == b""
        for _ in range(3):
            with trusting.wrap_socket(connect(port), server_hostname="127.0.0.1") as another:
                assert said(another) == b"hello"

    # The place of a connection that its client closed is free when the server has heard of it.
    run(loop, act, 4, own)


@pytest.mark.parametrize("loop", LOOPS, ids=("asyncio", "uvloop"))
def test_one_address_does_not_take_the_places_of_others(loop: Loop) -> None:
    def act(port: int) -> None:
        with connect(port) as first, connect(port) as second:
            assert said(first) == said(second) == b"hello"
            with connect(port) as third, connect(port, "127.0.0.2") as other:
                assert said(third) == b""
                assert said(other) == b"hello"

    run(loop, act, 10, None, of_one=2)
