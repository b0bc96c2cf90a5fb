"""Which forge a project has: by its policy, by where it runs, and by its remote `origin`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from trunkline.core.errors import ForgeError
from trunkline.core.policy.delivery import ForgePolicy

GITHUB_API = "https://api.github.com"
GITHUB = "https://github.com"
_SHORT = re.compile(r"^(?:[^@/\s]+@)?([\w.-]+):(?!/)(.+)$")
_NAME = re.compile(r"^[\w.-]+/[\w.-]+$")


@dataclass(frozen=True)
class Remote:
    """Where a remote address points: host and "owner/name"; both empty for a folder."""

    host: str = ""
    repository: str = ""


def parse_remote(url: str) -> Remote:
    """Return where an https, ssh or `user@host:path` address points."""
    if "://" in url:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http", "ssh", "git"):
            return Remote()
        host, path = parts.hostname or "", parts.path
    elif found := _SHORT.match(url):
        host, path = found[1], found[2]
    else:
        return Remote()
    return Remote(host, path.strip("/").removesuffix(".git"))


def forge_kind(policy: ForgePolicy, origin: str, environment: Mapping[str, str], *, own: bool) -> str:
    """Return the kind of forge; `own` says whether `origin` is the local forge's own repository.

    A workflow's variables tell about the repository that it checked out, and that one has a remote: a project without
    one is another, made by a test or a script of that workflow, and has nothing to do with that GitHub.
    """
    if policy.kind != "auto":
        return policy.kind
    if own or not origin:
        return "local"
    if environment.get("GITHUB_ACTIONS") == "true":
        return "github"
    host = parse_remote(origin).host
    known = {urlsplit(GITHUB).hostname, urlsplit(environment.get("GITHUB_SERVER_URL", "")).hostname}
    if host and (host in known or policy.api or environment.get("GITHUB_API_URL")):
        return "github"
    return "local"


def repository_of(policy: ForgePolicy, origin: str, environment: Mapping[str, str]) -> str:
    """Return "owner/name": from the policy, else GITHUB_REPOSITORY, else the remote `origin`.

    Raises ForgeError when none of them tells.
    """
    name = policy.repository or environment.get("GITHUB_REPOSITORY", "") or parse_remote(origin).repository
    if not _NAME.match(name):
        raise ForgeError(
            "It is not known which repository on GitHub this is.",
            value=name,
            next_step="set forge.repository to owner/name, or git remote add origin <its address>",
        )
    return name


def api_of(policy: ForgePolicy, origin: str, environment: Mapping[str, str]) -> str:
    """Return the base address of the API.

    In a workflow it is the runner's, whatever the policy says: a pull request could otherwise send the token elsewhere.
    Raises ForgeError when the remote lies on another server whose API nobody named.
    """
    named = environment.get("GITHUB_API_URL", "")
    if named and environment.get("GITHUB_ACTIONS") == "true":
        return named
    if address := policy.api or named:
        return address
    host = parse_remote(origin).host
    if host and host != urlsplit(GITHUB).hostname:
        raise ForgeError(
            f"The address of the API of {host} is not known.",
            next_step=f"set forge.api, as https://{host}/api/v3, if it is a GitHub Enterprise Server",
        )
    return GITHUB_API
