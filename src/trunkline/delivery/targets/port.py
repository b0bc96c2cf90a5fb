"""The port that a service listens on: tried before anything changes, and refused with the file that sets it."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from trunkline.core.errors import UnavailableError


@dataclass(frozen=True)
class Advice:
    """What to do about an address that cannot be listened on: where this service's port and host are set."""

    port: str
    host: str


def choose_port(
    host: str, port: int, *, before: int = 0, advice: Advice, own: psutil.Process | None = None
) -> int:
    """Return a port that can be listened on: `port`, or if it is 0 the one used `before` or any that is free.

    What only the process `own` listens on counts as free: it ends before the port is taken. Raises UnavailableError
    that says what is wrong with the address, where it can be found which process has it, and where it is set.
    """
    for candidate in (before, 0) if port == 0 else (port,):
        try:
            return _try(host, candidate, own)
        except OSError as error:
            if port == 0 and candidate:
                continue
            wrong_port = error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EPERM)
            next_step = advice.port if wrong_port else advice.host
            raise UnavailableError(_why(error, host, port, own), next_step=next_step) from error
    raise AssertionError("port 0 was tried last and is never taken")


def holder(port: int, beside: psutil.Process | None = None) -> str:
    """Return in words which process listens on a port, `beside` one; empty where the system does not tell."""
    try:
        for connection in _listening(psutil.net_connections(kind="tcp")):
            if connection.laddr.port == port and connection.pid not in (None, beside and beside.pid):
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass
    return ""


def _listening(connections: Iterable[Any]) -> list[Any]:
    return [each for each in connections if each.status == psutil.CONN_LISTEN and each.laddr]


def _why(error: OSError, host: str, port: int, own: psutil.Process | None) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by {holder(port, own) or 'another program'}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} of {host} is not open to this user: ports below 1024 belong to root."
    return f"{host} is no address of this machine: {error.strerror}."


def _try(host: str, port: int, own: psutil.Process | None) -> int:
    if own is not None and _held_by(own, port):
        _bind(host, 0)  # whether the address is this machine's
        return port
    return _bind(host, port)


def _held_by(own: psutil.Process, port: int) -> bool:
    """Whether a process listens on a port, and no other does as far as the system tells."""
    with contextlib.suppress(psutil.Error):
        if all(row.laddr.port != port for row in _listening(own.net_connections("tcp"))):
            return False
        with contextlib.suppress(psutil.AccessDenied):
            everybody = _listening(psutil.net_connections(kind="tcp"))
            return {row.pid for row in everybody if row.laddr.port == port} <= {own.pid}
        return True
    return False


def _bind(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or "127.0.0.1", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)
        return int(listener.getsockname()[1])
