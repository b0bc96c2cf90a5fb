"""`python -m standin --port P --origin PATH --repository owner/name`: the stand-in as a process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uvicorn

from .app import make_app
from .github import FULL, GitHub, Token


def main() -> None:
    """Serve until the process is ended; prints one line when it takes requests."""
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--origin", type=Path, required=True, help="the bare repository")
    parser.add_argument("--repository", required=True, help="owner/name")
    parser.add_argument("--main", default="main", help="the default branch")
    parser.add_argument("--state", type=Path, help="a JSON file in which the state outlives the process")
    parser.add_argument("--token", action="append", default=[], help="a further token that may do everything")
    words = parser.parse_args()
    github = GitHub(
        repository=words.repository, origin=words.origin.resolve(), main=words.main, file=words.state
    )
    for token in words.token:
        github.tokens[token] = Token(permissions=dict(FULL))
    config = uvicorn.Config(make_app(github), host="127.0.0.1", port=words.port, log_level="warning")
    server = uvicorn.Server(config)
    with config.bind_socket() as socket:
        socket.listen(128)  # what comes before the server runs waits
        sys.stdout.write(f"http://127.0.0.1:{socket.getsockname()[1]}\n")
        sys.stdout.flush()
        server.run(sockets=[socket])


if __name__ == "__main__":
    main()
