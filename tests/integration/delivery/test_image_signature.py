"""Signatures of images in a real registry, and how a registry is asked."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from certificates import signing_key
from trunkline.core.errors import NotFoundError, SignatureError, UnavailableError
from trunkline.core.signature import PrivateKey
from trunkline.delivery.engine import Engine
from trunkline.delivery.image_signature import image_signer, sign_image
from trunkline.delivery.oci import Repository, credentials_of, tag_of


@pytest.fixture(scope="module")
def keys() -> tuple[PrivateKey, PrivateKey]:
    """Two keys."""
    return PrivateKey(signing_key()[0]), PrivateKey(signing_key()[0])


@pytest.fixture(scope="module")
def pushed(engine: Engine, registry: str, image: str) -> Callable[[str], str]:
    """Pushes an image that the engine built, under a name of its own, and returns it by digest."""

    def push(name: str) -> str:
        place = f"{registry}/acme/{name}"
        engine._call("tag", image, f"{place}:one")
        return f"{place}@{engine.push(place, 'one')}"

    return push


def test_an_image_is_signed_by_whom_its_signature_names(
    pushed: Callable[[str], str], keys: tuple[PrivateKey, PrivateKey]
) -> None:
    own, other = keys
    image = pushed("signed")
    name, _, digest = image.partition("@")
    with pytest.raises(SignatureError):
        image_signer(image, {"own": own.public})
    for _ in range(2):  # a job that is run again adds nothing
        assert sign_image(own, image) == f"{name}:{tag_of(digest, 'sig')}"
    layers = (Repository(name).manifest(tag_of(digest, "sig")) or {})["layers"]
    assert [layer["mediaType"] for layer in layers] == ["application/vnd.dev.cosign.simplesigning.v1+json"]
    assert image_signer(image, {"own": own.public}) == own.public.name
    with pytest.raises(SignatureError):
        image_signer(image, {"other": other.public})
    sign_image(other, image)
    assert image_signer(image, {"other": other.public})
    assert image_signer(image, {"own": own.public})


def test_a_signature_that_was_moved_to_another_image_is_refused(
    pushed: Callable[[str], str], keys: tuple[PrivateKey, PrivateKey]
) -> None:
    image = pushed("moved")
    name, _, digest = image.partition("@")
    sign_image(keys[0], image)
    repository, another = Repository(name), f"sha256:{'0' * 64}"
    manifest = repository.manifest(tag_of(digest, "sig"))
    assert manifest
    repository.put_manifest(tag_of(another, "sig"), manifest)
    with pytest.raises(SignatureError):
        image_signer(f"{name}@{another}", {"own": keys[0].public})
    with pytest.raises(NotFoundError):
        sign_image(keys[0], f"{name}@{another}")


def test_a_registry_that_does_not_answer_is_no_signature(keys: tuple[PrivateKey, PrivateKey]) -> None:
    with pytest.raises(UnavailableError):
        image_signer(f"127.0.0.1:9/acme/loans@sha256:{'0' * 64}", {"own": keys[0].public})


class _Guarded(BaseHTTPRequestHandler):
    """A registry that gives a token for a name and password, and a manifest for the token."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/token":
            known = self.headers["authorization"] == f"Basic {base64.b64encode(b'ada:word').decode()}"
            scope = parse_qs(asked.query)["scope"]
            self._say(200 if known and scope == ["repository:acme/loans:pull"] else 403, {"token": "t"})
        elif self.headers["authorization"] == "Bearer t":
            self._say(200, {"schemaVersion": 2})
        else:
            realm = f"http://{self.headers['host']}/token"
            self._say(401, {}, f'Bearer realm="{realm}",service="registry"')

    def _say(self, status: int, body: object, challenge: str = "") -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        if challenge:
            self.send_header("www-authenticate", challenge)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def guarded() -> Iterator[str]:
    """Where a registry answers that asks who calls."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_registry_is_asked_with_what_docker_or_podman_know(
    guarded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    repository = f"{guarded}/acme/loans"
    with pytest.raises(UnavailableError):
        Repository(repository).manifest("one")
    (tmp_path / "config.json").write_text("[1")  # another program's, which may say anything
    login = {guarded: {"auth": base64.b64encode(b"ada:word").decode()}}
    (tmp_path / "auth.json").write_text(json.dumps({"auths": login}))
    assert Repository(repository).manifest("one") == {"schemaVersion": 2}


def test_a_name_that_only_leads_to_this_machine_is_asked_over_tls(guarded: str) -> None:
    lines = Path("/etc/hosts").read_text().splitlines()
    names = {name for line in lines if line.startswith("127.") for name in line.partition("#")[0].split()[1:]}
    others = sorted(name for name in names if not name.endswith("localhost"))
    if not others:
        pytest.skip("no other name leads to this machine")
    # Who answers for names says 127.0.0.1 first, and another address when the password is sent.
    with pytest.raises(UnavailableError, match="does not answer"):
        Repository(f"{others[0]}:{guarded.rpartition(':')[2]}/acme/loans").manifest("one")


def test_githubs_registry_takes_the_jobs_token_and_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    assert base64.b64decode(credentials_of("ghcr.io")).endswith(b":t")
    assert credentials_of("ghcr.io.example.com") == credentials_of("registry.example.com") == ""
