"""Proxies: which calls go through the one that the environment names, and whether it can be used at all."""

from __future__ import annotations

import ipaddress
import ssl
from urllib.parse import urlsplit

from .errors import PolicyError

VARIABLES = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY"


def on_this_machine(url: str) -> bool:
    """Whether an address is this machine's own: a proxy would look for it on another."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def private(url: str) -> bool:
    """Whether nobody can read along on the way to an address: over TLS, or on this machine."""
    return url.startswith(("https://", "tls://")) or on_this_machine(url)


def require_private_scheduler(address: str) -> None:
    """Raise PolicyError where others could read along on the way to a Dask scheduler."""
    if not private(address):
        raise PolicyError(
            "Rows, keys and code would go to this scheduler over an open line.",
            value=address,
            next_step="use tls://host:port with certificates, as distributed.comm.tls in Dask's configuration, or a"
            " scheduler of this machine",
        )


def goes_through_proxies(url: str, context: ssl.SSLContext) -> bool:
    """Whether a call of httpx goes through the environment's proxies: one to this machine never does.

    Raises PolicyError when it would, and httpx cannot use what the environment names.
    """
    if on_this_machine(url):
        return False
    import httpx

    try:
        httpx.Client(verify=context).close()
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise PolicyError(
            f"The environment's proxy cannot be used: {' '.join(str(error).split())}",
            next_step=f"correct or unset {VARIABLES}; an http:// proxy needs no further package",
        ) from error
    return True
