"""Listening: the socket, the certificate, and what the service's own machine needs to ask it."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.keys import Key, new_key
from trunkline.core.own_service import CERTIFICATE, STATUS_KEY
from trunkline.core.policy.access import Access

CERTIFICATE_VARIABLE, KEY_VARIABLE = "TRUNKLINE_TLS_CERTIFICATE", "TRUNKLINE_TLS_KEY"


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound. Raises UnavailableError where the address cannot be listened on."""
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener:
            listener.close()
        raise _refused(error, host, port) from error
    return listener


def listen(listener: socket.socket, host: str, port: int) -> None:
    """Begin to listen; raises as `bind` does."""
    # Two sockets that do not listen yet may be bound to one port: only this call tells.
    try:
        listener.listen(2048)
    except OSError as error:
        raise _refused(error, host, port) from error


def _refused(error: OSError, host: str, port: int) -> UnavailableError:
    if error.errno == errno.EADDRINUSE:
        return UnavailableError(
            f"Cannot listen on {host}: port {port} is taken by another program.",
            next_step="stop that program, or choose another port",
        )
    return UnavailableError(
        f"Cannot listen on {host}, port {port}: {error.strerror}.", next_step="choose another host or port"
    )


class Certificate:
    """The service's certificate, read again when its file changes: they are renewed every few weeks."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._read = 0
        self.renew()

    @staticmethod
    def of(access: Access, secret: Path, variables: Mapping[str, str]) -> Certificate | None:
        """Return the certificate that the variables name, or that lies beside the environment's secret.

        None where the service has none of its own. Raises StorageError when it cannot be read.
        """
        if access.tls != "own":
            return None
        named = variables.get(CERTIFICATE_VARIABLE, ""), variables.get(KEY_VARIABLE, "")
        beside = tuple(secret.with_name(secret.name + ending) for ending in (".crt", ".key"))
        certificate, key = (Path(name) if name else path for name, path in zip(named, beside, strict=True))
        try:
            return Certificate(certificate, key)
        except (OSError, ValueError) as error:
            raise StorageError(
                f"The certificate {certificate} with the key {key} cannot be used: {error}.",
                next_step=f"put them there, or name others in {CERTIFICATE_VARIABLE} and {KEY_VARIABLE}",
            ) from error

    def renew(self) -> bool:
        """Read the files again where they changed, and return whether they did; who is connected stays so.

        Raises OSError when they are no certificate with its key.
        """
        written = max(self._certificate.stat().st_mtime_ns, self._key.stat().st_mtime_ns)
        if written == self._read:
            return False
        self._read = written
        self.context.load_cert_chain(self._certificate, self._key)
        return True

    def content(self) -> bytes:
        """Return the certificate, which is no secret."""
        return self._certificate.read_bytes()


def open_to_owner(folder: Path, certificate: Certificate | None) -> tuple[Key, ...]:
    """Write what asks the service from its own machine: a new key of its status, and its certificate.

    In a folder that cannot be written, as in a container, there is none.
    """
    made, text = new_key(("metrics",), datetime.now(UTC), note="whoever owns the live folder")
    half = folder / f".{STATUS_KEY}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(text)
        half.replace(folder / STATUS_KEY)
        if certificate:
            (folder / CERTIFICATE).write_bytes(certificate.content())
        else:
            (folder / CERTIFICATE).unlink(missing_ok=True)
    except OSError:
        return ()
    return (made,)
