"""A real SMTP server and a real HTTP server on this machine."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trunkline.core.signals import Finding, Signal
from trunkline.forge import LocalForge

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def signal() -> Callable[..., Signal]:
    """Make a signal: an alarm about data in production, unless told otherwise."""

    def make(**changes: Any) -> Signal:
        whole: dict[str, Any] = {
            "kind": "data",
            "environment": "production",
            "fingerprint": "production/data",
            "state": "alarm",
            "severity": "warning",
            "summary": "age has drifted",
            "rows": 500,
            "findings": (Finding(subject="age", measure="PSI", value=0.31, threshold=0.25),),
            "time": NOON,
        }
        return Signal.model_validate(whole | changes)

    return make


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    root = tmp_path / "project"
    root.mkdir()
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("commit", "--quiet", "--allow-empty", "-m", "First"),
    ):
        subprocess.run(["git", *identity, *words], cwd=root, check=True)
    return LocalForge.create(tmp_path / "forge", root)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostOffice:
    """What the SMTP server got, and what it shall answer: `refuse` is a recipient to an answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.envelopes: list[Envelope] = []
        self.refuse: dict[str, str] = {}
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted: list[bool] = []

    @property
    def messages(self) -> list[Message]:
        return [message_from_bytes(each.content or b"", policy=default) for each in self.envelopes]  # type: ignore[arg-type]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.refuse.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def post_office(free_port: int) -> Iterator[PostOffice]:
    """An SMTP server that takes everything, and logins with the password `right`."""
    office = PostOffice(free_port)
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=free_port,
        authenticator=office.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS context for 127.0.0.1, which clients in this process trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "public.pem", tmp_path / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context


@pytest.fixture
def starttls_office(free_port: int, certificate: ssl.SSLContext) -> Iterator[PostOffice]:
    """An SMTP server that takes mail and logins only after STARTTLS."""
    office = PostOffice(free_port)
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=free_port,
        tls_context=certificate,
        require_starttls=True,
        authenticator=office.authenticate,
    )
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def tls_office(free_port: int, certificate: ssl.SSLContext) -> Iterator[PostOffice]:
    """An SMTP server that speaks TLS from the first byte."""
    office = PostOffice(free_port)
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=free_port,
        ssl_context=certificate,
        authenticator=office.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield office
    controller.stop()


class Hook:
    """What was posted to the HTTP server, and the statuses that it answers, the last one for ever."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/T0/secret"
        self.statuses = [200]
        self.bodies: list[dict[str, Any]] = []
        self.types: list[str] = []


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            found.bodies.append(json.loads(content))
            found.types.append(self.headers["Content-Type"])
            status = found.statuses.pop(0) if len(found.statuses) > 1 else found.statuses[0]
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hook(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
