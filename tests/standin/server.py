"""The stand-in in a thread of the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from .app import make_app
from .github import GitHub


@dataclass(frozen=True)
class Served:
    """A stand-in that answers at `url`; `github` is its state, to be read and arranged."""

    url: str
    github: GitHub


@contextmanager
def serve(github: GitHub) -> Iterator[Served]:
    """Serve on a free port of this machine until the block ends."""
    config = uvicorn.Config(make_app(github), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    with config.bind_socket() as socket:
        socket.listen(128)  # requests that come before the thread runs wait instead of failing
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        try:
            yield Served(url=f"http://127.0.0.1:{socket.getsockname()[1]}", github=github)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
