"""Who fetches and pushes: the token of the environment, handed to git without being written anywhere."""

from __future__ import annotations

import base64
import os
from urllib.parse import urlsplit

from .secrets import secret

GITHUB = "https://github.com"


def server() -> str:
    """Return the address of the GitHub whose token the environment holds."""
    return os.environ.get("GITHUB_SERVER_URL", "") or GITHUB


def token() -> str:
    """Return the token of the environment, empty when there is none."""
    return (secret("GITHUB_TOKEN") or secret("GH_TOKEN")).strip()


def credentials(url: str) -> dict[str, str]:
    """Return the environment variables with which git is let in at `url`.

    They are empty without a token, and for anything but an https address at the server that the token is for.
    """
    parts, own = urlsplit(url), urlsplit(server())
    secret = token()
    same = (parts.scheme, parts.hostname, parts.port) == ("https", own.hostname, own.port)
    if not secret or not same or own.scheme != "https" or parts.password:
        return {}
    place = f"https://{parts.hostname}{f':{parts.port}' if parts.port else ''}/"
    basic = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
    # The empty value takes back a header that a checkout left in the configuration: two of them are refused.
    pairs = (("extraheader", ""), ("extraheader", f"AUTHORIZATION: basic {basic}"))
    before = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(before) if before.isdigit() else 0
    added = {"GIT_CONFIG_COUNT": str(first + len(pairs))}
    for number, (key, value) in enumerate(pairs, first):
        added |= {f"GIT_CONFIG_KEY_{number}": f"http.{place}.{key}", f"GIT_CONFIG_VALUE_{number}": value}
    return added
