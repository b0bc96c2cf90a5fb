"""Clients that take their time, or send no end of a head: their connections are closed, and those of others are not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse
from tenacity import retry, stop_after_delay, wait_fixed
from uvicorn.server import ServerState

from trunkline.serving import bodies, limits
from trunkline.serving.bodies import Unreadable, read_body
from trunkline.serving.limits import PatientProtocol

UNREAD = b"POST /refused HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
HEAD = b"POST /read HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(limits, "READING_SECONDS", 0.3)
    app = FastAPI()

    @app.post("/read")
    async def read(request: Request) -> Response:
        try:
            return Response(await read_body(request))
        except Unreadable as refusal:
            return Response(status_code=refusal.status, headers=refusal.headers)

    @app.post("/refused")
    async def refuse() -> Response:
        return Response(status_code=401)

    @app.get("/much")
    async def much() -> Response:
        return StreamingResponse(b"x" * 2**20 for _ in range(64))

    ready = threading.Event()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", http=PatientProtocol))
    startup = server.startup

    async def begin(sockets: Any = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = begin  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(30)
    yield server
    server.should_exit = True
    thread.join()


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    found: int = server.servers[0].sockets[0].getsockname()[1]
    return found


def said(port: int, *pieces: bytes) -> bytes:
    """Return all that the server says to these bytes until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        found = b""
        try:
            for piece in pieces:
                client.sendall(piece)
            while piece := client.recv(65536):
                found += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
        return found


def test_who_sends_no_whole_head_is_not_waited_for(port: int) -> None:
    assert said(port) == b""
    assert said(port, HEAD) == b""


def test_nor_is_the_next_request_of_a_connection(port: int) -> None:
    whole = HEAD + b"content-length: 2\r\n\r\n{}"
    answer = said(port, whole, HEAD)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_head_without_end_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 30.0)
    assert said(port, HEAD, *[b"x-%d: " % place + b"y" * 8000 + b"\r\n" for place in range(40)]) == b""


def test_a_body_that_does_not_come_is_refused(port: int) -> None:
    assert said(port, HEAD + b"content-length: 20\r\n\r\n{").startswith(b"HTTP/1.1 408")


def test_a_large_body_is_no_large_head(port: int) -> None:
    body = b'"' + b"x" * 500_000 + b'"'
    head = HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert said(port, head + body).startswith(b"HTTP/1.1 200")


def test_who_does_not_read_the_answer_loses_the_connection(server: uvicorn.Server, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
        assert client.recv(10).startswith(b"HTTP/1.1")

        @retry(stop=stop_after_delay(20), wait=wait_fixed(0.05), reraise=True)
        def closed() -> None:
            assert not server.server_state.connections

        closed()


@pytest.mark.parametrize("late", [b"x", b"x" * 200_000, b"{" * 20])
def test_a_body_after_its_answer_keeps_no_connection(server: uvicorn.Server, port: int, late: bytes) -> None:
    assert said(port, UNREAD % 900_000, late).startswith(b"HTTP/1.1 401")


def test_nor_does_what_comes_between_two_requests(port: int) -> None:
    assert said(port, UNREAD % 2 + b"{}", b"\r\n").count(b"HTTP/1.1 401") == 1


def test_who_sends_the_body_after_the_answer_may_ask_again(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for _ in range(3):
            client.sendall(UNREAD % 100_000)
            assert client.recv(65536).startswith(b"HTTP/1.1 401")
            client.sendall(b"x" * 100_000)


class Unread:
    """A connection whose client takes nothing: what was written stays, and it closes only when it is cut."""

    def __init__(self) -> None:
        self.closing = False
        self.cut = asyncio.Event()

    def get_extra_info(self, _: str) -> None:
        return None

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        """Keep it."""

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.cut.set()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"]
)
def test_a_last_answer_that_nobody_reads_keeps_no_connection(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    for name in ("HEAD_SECONDS", "READING_SECONDS"):
        monkeypatch.setattr(limits, name, 0.01)

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})

    async def ask() -> None:
        config = uvicorn.Config(app, log_level="critical", timeout_keep_alive=0, lifespan="off")
        protocol, client = PatientProtocol(config, ServerState(), {}), Unread()
        protocol.connection_made(client)  # type: ignore[arg-type]
        if sent:
            protocol.data_received(sent)
        await asyncio.wait_for(client.cut.wait(), 5)

    asyncio.run(ask())
