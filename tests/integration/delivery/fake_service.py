"""A stand-in for `python -m trunkline.serving`: same options, SIGHUP and /ready, and faults by version number."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REFUSED, DEADLY, SLOW, STUBBORN = 60, 70, 80, 90
"""Champions that cannot be loaded, that kill the process, that never become ready, that ignore SIGTERM."""


class State:
    """What is served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failed: dict[str, str] | None = None
        self.release: dict[str, Any] = {}
        self.loaded_at = ""

    def load(self) -> None:
        """Load what release.json asks for, or fail as its champion's number says."""
        release = json.loads((self.folder / "release.json").read_text())
        number = release["champion"]["version"]
        if number == DEADLY:
            sys.stderr.write('{"event": "out of memory"}\n')
            sys.stderr.flush()
            os._exit(9)
        if number == SLOW:
            threading.Event().wait()
        if number == STUBBORN:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for route in (release["champion"], release["challenger"]):
            if route and not (self.folder / "bundles" / route["bundle"][7:] / "bundle.json").is_file():
                raise OSError(f"bundle of version {route['version']} is missing")
        if number == REFUSED:
            raise OSError("the model does not load")
        self.release, self.failed, self.loaded_at = release, None, str(time.time_ns())

    def reload(self, *_: object) -> None:
        """Load in the background and keep the old release on errors."""
        threading.Thread(target=self._try, daemon=True).start()

    def _try(self) -> None:
        try:
            self.load()
        except OSError as error:
            asked = json.loads((self.folder / "release.json").read_text())
            self.failed = {"revision": asked["revision"], "error": str(error)}

    def ready(self) -> dict[str, Any]:
        """Return the answer of /ready."""
        keys = ("environment", "revision", "strategy", "champion", "challenger", "share")
        told = {key: self.release[key] for key in keys}
        return {"ready": True, **told, "loaded_at": self.loaded_at, "failed": self.failed}


def main() -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log-folder", type=Path, required=True)
    parser.add_argument("--maximum-rows", type=int)
    parser.add_argument("--access")
    parser.add_argument("--log-store")
    parser.add_argument("--sync", action="store_true")
    options = parser.parse_args()
    state = State(options.folder)
    signal.signal(signal.SIGHUP, state.reload)
    if os.getpid() == 1:  # in a container nobody else ends it on SIGTERM
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        state.load()
    except OSError as error:
        sys.stderr.write(json.dumps({"event": str(error), "level": "error"}) + "\n")
        return 20

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps(state.ready()).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    Server((options.host, options.port), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
