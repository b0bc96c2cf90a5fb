"""Exposure: a service listens beyond its machine only with TLS, and only to callers that it knows."""

from __future__ import annotations

import ipaddress
import socket

from .errors import PolicyError
from .policy.access import Access


def on_loopback(host: str) -> bool:
    """Return whether a service that listens on `host` can be reached from its own machine alone."""
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def reached_at(host: str) -> str:
    """Return the address at which its own machine reaches what listens on `host`: loopback for every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def require_guarded(host: str, access: Access) -> None:
    """Raise PolicyError where a service would listen beyond its machine, to anyone or without TLS."""
    if access.guarded or on_loopback(host):
        return
    lacks = ["TLS"] if access.tls == "none" else []
    lacks += ["asking who calls"] if access.callers == "anyone" else []
    raise PolicyError(
        f"The service would listen on {host or 'every address'} without {' and without '.join(lacks)}.",
        value=host,
        next_step="set serving.access.tls and serving.access.callers in trunkline.yaml (docs/access.md), "
        "or listen on 127.0.0.1",
    )
