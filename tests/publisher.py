"""A publisher on this machine: files at https addresses, behind a certificate that signs itself."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certificates import self_signed


class Site:
    """What each path gives, how often it was asked, and whether answers are cut short."""

    def __init__(self, address: str, certificate: Path) -> None:
        self.address, self.certificate = address, certificate
        self.files, self.leads, self.asked, self.cut = dict[str, bytes](), dict[str, str](), 0, False

    def publishes(self, path: str, content: bytes) -> str:
        """Give a file, and return its address."""
        self.files[path] = content
        return self.address + path


@contextmanager
def publishing(folder: Path) -> Iterator[Site]:
    """Yield a publisher, whose certificate lies in `folder`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            content = made.files.get(self.path)
            if self.path in made.leads:
                self.send_response(302)
                self.send_header("location", made.leads[self.path])
            else:
                self.send_response(404 if content is None else 200)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write((content or b"")[: -1 if made.cut else None])

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    certificate, key = folder / "site.crt", folder / "site.key"
    self_signed(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Site(f"https://127.0.0.1:{server.server_port}", certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
