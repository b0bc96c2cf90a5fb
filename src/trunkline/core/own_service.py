"""The service of a live folder, asked by who owns the folder: by a key and a certificate that it left there."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STATUS_KEY = "status.key"
CERTIFICATE = "service.crt"


@dataclass(frozen=True)
class Credentials:
    """What a client sends, and how it knows whom it asks, as httpx takes it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    verify: ssl.SSLContext | bool = True


ANYBODY = Credentials()


def bearer(key: str) -> dict[str, str]:
    """Return the header that carries a key; none where there is no key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def own_service(folder: Path, *, key: str = "") -> Credentials:
    """Return what asks the service of a live folder: by `key`, else by the one that opens its status.

    Its certificate is known by itself, whatever host it names: it is asked on this machine.
    """
    return Credentials(bearer(key or _text(folder / STATUS_KEY)), _verify(folder / CERTIFICATE))


def _verify(certificate: Path) -> ssl.SSLContext | bool:
    if not os.path.lexists(certificate):
        return True
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
