"""A container registry, asked over HTTP for small things beside an image (OCI distribution 1.1).

Engines push and pull images, and nothing else. Their own settings hold the credentials.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from trunkline.core.errors import StorageError, TrunklineError, UnavailableError
from trunkline.core.proxies import on_this_machine, private
from trunkline.core.reading import parse_json, read_text
from trunkline.core.record import digits, sha256
from trunkline.core.secrets import everything, secret

IMAGE = "application/vnd.oci.image.manifest.v1+json"
ACCEPTED = (
    f"{IMAGE}, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json,"
    " application/vnd.docker.distribution.manifest.list.v2+json"
)
GITHUB = "ghcr.io"
MOST = 1_000_000
"""Bytes of one answer: what is asked here has some thousand."""
SECONDS = 30.0
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_HELPER = re.compile(r"[\w.-]+")


class Repository:
    """The images of one name in a registry, as `ghcr.io/owner/name`.

    Methods raise UnavailableError where the registry does not answer, or does not let this machine in.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._host, _, self._path = name.partition("/")
        self._authorization: dict[str, str] = {}
        # By its name alone: whoever answers for names could say that any registry is this machine's own.
        self._base = f"{'http' if on_this_machine(f'http://{self._host}') else 'https'}://{self._host}"

    def manifest(self, reference: str) -> Mapping[str, Any] | None:
        """Return the manifest of a tag or digest; None where there is none. Raises StorageError as `blob` does."""
        answer = self._ask("GET", f"manifests/{reference}", headers={"accept": ACCEPTED})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        content = self._taken(answer)
        if ":" in reference:
            self._require_same(content, reference)
        found = parse_json(content, origin=self.name)
        return found if isinstance(found, dict) else None

    def blob(self, digest: str) -> bytes:
        """Return what has a digest. Raises StorageError when the registry gives something else."""
        content = self._taken(self._ask("GET", f"blobs/{digest}"))
        self._require_same(content, digest)
        return content

    def _require_same(self, content: bytes, digest: str) -> None:
        if sha256(content) != digest:
            raise StorageError(f"{self.name} gives something else as {digest}.", next_step="ask who runs it")

    def put_blob(self, content: bytes) -> str:
        """Keep bytes and return their digest."""
        digest = sha256(content)
        if self._ask("HEAD", f"blobs/{digest}", actions="pull,push").status_code == httpx.codes.OK:
            return digest
        begun = self._ask("POST", "blobs/uploads/", actions="pull,push")
        self._taken(begun)
        led = begun.headers.get("location", "")
        if not led:
            raise UnavailableError(
                f"{self._host} does not say where an upload goes.", next_step="ask who runs it"
            )
        place = f"{led}{'&' if '?' in led else '?'}digest={quote(digest)}"
        headers = {"content-type": "application/octet-stream"}
        self._taken(self._ask("PUT", place, content=content, headers=headers, actions="pull,push"))
        return digest

    def put_manifest(self, tag: str, manifest: Mapping[str, Any]) -> None:
        """Keep a manifest under a tag; the tag's former one loses it."""
        content = json.dumps(manifest, separators=(",", ":")).encode()
        headers = {"content-type": IMAGE}
        self._taken(
            self._ask("PUT", f"manifests/{tag}", content=content, headers=headers, actions="pull,push")
        )

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        actions: str = "pull",
    ) -> httpx.Response:
        with self._client() as client:
            base = httpx.URL(self._base)
            place = httpx.URL(f"{self._base}/v2/{self._path}/").join(path)
            # The authorization goes along: to no other host, and over no open line.
            if place.host != base.host or (base.scheme == "https" and place.scheme != "https"):
                raise UnavailableError(
                    f"{self._host} leads an upload to {place.scheme}://{place.host}.",
                    next_step="ask who runs it",
                )
            for attempt in range(2):
                given = dict(headers or {})
                if known := self._authorization.get(actions):
                    given["authorization"] = known
                # A redirect to another host, as to a store of blobs, takes no authorization along.
                answer = client.request(method, place, content=content, headers=given)
                if attempt or answer.status_code != httpx.codes.UNAUTHORIZED:
                    return answer
                said = answer.headers.get("www-authenticate", "")
                self._authorization[actions] = self._admitted(client, said, actions)
        return answer

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        try:
            with httpx.Client(timeout=SECONDS, follow_redirects=True, trust_env=True) as client:
                yield client
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(
                f"The registry {self._host} does not answer: {error or type(error).__name__}.",
                next_step="look at the network and at the image's name, then try again",
            ) from error

    def _admitted(self, client: httpx.Client, challenge: str, actions: str) -> str:
        """Return the header that a registry asks for: its own token, or name and password."""
        basic = credentials_of(self._host)
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            return f"Basic {basic}" if basic else ""
        told = dict(_CHALLENGE.findall(rest))
        realm = httpx.URL(told.get("realm", ""))
        if not private(str(realm)):
            return ""  # a password goes over no open line
        asked = {"service": told.get("service", ""), "scope": f"repository:{self._path}:{actions}"}
        headers = {"authorization": f"Basic {basic}"} if basic else {}
        answer = client.get(realm, params=asked, headers=headers)
        body = parse_json(answer.content, origin=self._host) if answer.is_success else {}
        token = (body.get("token") or body.get("access_token")) if isinstance(body, dict) else ""
        return f"Bearer {token}" if token else ""

    def _taken(self, answer: httpx.Response) -> bytes:
        if answer.is_success and len(answer.content) <= MOST:
            return answer.content
        why = f"HTTP {answer.status_code}" if not answer.is_success else f"{len(answer.content):,} bytes"
        raise UnavailableError(
            f"The registry {self._host} does not give or take what belongs to {self.name}: {why}.",
            next_step=f"docker login {self._host} (or podman), with the right to read, and to write where you sign",
        )


def credentials_of(host: str) -> str:
    """Return name and password for a registry, in base64, as docker or podman know them; empty without any.

    In a workflow, GitHub's registry takes the job's own token.
    """
    for file in _files():
        try:
            settings = parse_json(read_text(file), origin=str(file))
            if known := _known(settings, host):
                return known
        except (
            TrunklineError,
            AttributeError,
            KeyError,
            TypeError,
        ):  # another program's file, which may say anything
            continue
    token = secret("GITHUB_TOKEN") if host == GITHUB else ""
    return base64.b64encode(f"trunkline:{token}".encode()).decode() if token else ""


def _files() -> list[Path]:
    variables = everything()
    docker = Path(variables.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    runtime = variables.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid() if hasattr(os, 'getuid') else 0}"
    named = variables.get("REGISTRY_AUTH_FILE")
    podman = Path(named) if named else Path(runtime) / "containers" / "auth.json"
    return [file for file in (docker, podman) if file.is_file()]


def _known(settings: Mapping[str, Any], host: str) -> str:
    helper = (settings.get("credHelpers") or {}).get(host) or settings.get("credsStore") or ""
    if _HELPER.fullmatch(helper):
        try:
            done = subprocess.run(
                [f"docker-credential-{helper}", "get"],
                input=host,
                capture_output=True,
                text=True,
                check=False,
                env=everything(),
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if not done.returncode:
            said = parse_json(done.stdout, origin=helper)
            return base64.b64encode(f"{said['Username']}:{said['Secret']}".encode()).decode()
    return str(((settings.get("auths") or {}).get(host) or {}).get("auth") or "")


def tag_of(digest: str, ending: str) -> str:
    """Return the tag of what belongs to a digest, as cosign names it."""
    return f"sha256-{digits(digest)}.{ending}"
