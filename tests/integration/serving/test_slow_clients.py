"""Clients that take their time, or send no end of a head: their connections are closed, and those of others are not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse
from tenacity import retry, stop_after_delay, wait_fixed

from trunkline.serving import bodies, limits
from trunkline.serving.bodies import Unreadable, read_body
from trunkline.serving.limits import PatientProtocol

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


def test_of_too_many_connections_the_newest_is_closed_and_the_others_are_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 30.0)
    monkeypatch.setattr(PatientProtocol, "most", 2)
    first, second = (socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(2))
    with first, second:
        for client in (first, second):
            client.sendall(HEAD + b"content-length: 2\r\n\r\n{}")
            assert client.recv(12) == b"HTTP/1.1 200"
        assert said(port, HEAD) == b""
