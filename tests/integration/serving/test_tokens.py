"""Signed tokens, with the keys of an issuer that answers over HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from trunkline.core.policy.access import LIMITS, TokenIssuer
from trunkline.serving import tokens
from trunkline.serving.callers import NotAdmitted
from trunkline.serving.tokens import Tokens


class Issuer:
    """Signs tokens, and says with which keys."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.asked = 0
        self.broken = False
        self.answers = threading.Event()
        self.answers.set()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                issuer.answers.wait(30)
                body = b"" if issuer.broken else json.dumps(issuer.jwks()).encode()
                self.send_response(500 if issuer.broken else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.add("first")

    def add(self, name: str) -> None:
        self.keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self) -> dict[str, Any]:
        return {
            "keys": [
                json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}
                for name, key in self.keys.items()
            ]
        }

    def settings(self) -> TokenIssuer:
        address = f"http://127.0.0.1:{self.server.server_port}/keys"
        return TokenIssuer(issuer="https://login", audience="loans", jwks=address)

    def token(self, kid: str = "first", **change: Any) -> str:
        claims = {
            "iss": "https://login", "aud": "loans", "sub": "shop", "scope": "predict feedback",
            "exp": datetime.now(UTC) + timedelta(minutes=5),
        }  # fmt: skip
        held = {name: value for name, value in (claims | change).items() if value is not None}
        return jwt.encode(held, self.keys[kid], algorithm="RS256", headers={"kid": kid})


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.answers.set()
    made.server.shutdown()
    made.server.server_close()


def refused(known: Tokens, token: str) -> str:
    with pytest.raises(NotAdmitted) as error:
        asyncio.run(known.known(token))
    return error.value.reason


def test_a_token_of_the_issuer_names_its_caller_and_scopes(issuer: Issuer) -> None:
    known = Tokens(issuer.settings(), LIMITS)
    caller = asyncio.run(known.known(issuer.token()))
    assert (caller.name, set(caller.scopes)) == ("jwt:shop", {"predict", "feedback"})
    assert asyncio.run(known.known(issuer.token(scope=["log"]))).scopes == {"log"}
    assert not asyncio.run(known.known(issuer.token(scope=None))).scopes
    assert issuer.asked == 1


def test_every_other_token_is_refused(issuer: Issuer) -> None:
    known = Tokens(issuer.settings(), LIMITS)
    now = datetime.now(UTC)
    assert refused(known, issuer.token(exp=now - timedelta(minutes=5))) == "expired"
    public = issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = issuer.token().split(".")[0]
    others = [
        issuer.token(iss="https://other"),
        issuer.token(aud="other"),
        issuer.token(exp=None),
        issuer.token(sub=None),
        issuer.token(nbf=now + timedelta(hours=1)),
        jwt.encode({"sub": "shop"}, "", algorithm="none", headers={"kid": "first"}),
        _signed_with(public),
        issuer.token()[:-4] + "AAAA",
        f"{head}..",
        "no token",
        "",
    ]
    assert {refused(known, token) for token in others} == {"unknown"}


def test_keys_that_nobody_knows_do_not_make_it_ask_again_and_again(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Tokens(issuer.settings(), LIMITS)
    issuer.add("next")
    rotated = issuer.token("next")
    key = issuer.keys.pop("next")
    for _ in range(5):
        refused(known, rotated)
    assert issuer.asked == 1
    issuer.keys["next"] = key
    monkeypatch.setattr(tokens, "AGAIN_S", -1.0)
    assert asyncio.run(known.known(rotated)).name == "jwt:shop"


def test_while_the_issuer_does_not_answer_its_keys_stay_for_a_day(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    known = Tokens(issuer.settings(), LIMITS, told=told.append)
    asyncio.run(known.known(issuer.token()))
    issuer.broken = True
    monkeypatch.setattr(tokens, "AGAIN_S", -1.0)
    monkeypatch.setattr(tokens, "FRESH_S", -1.0)
    asyncio.run(known.known(issuer.token()))
    assert told
    monkeypatch.setattr(tokens, "STALE_S", -1.0)
    assert refused(known, issuer.token()) == "unknown"


def test_a_key_that_the_issuer_took_back_opens_nothing(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Tokens(issuer.settings(), LIMITS)
    token = issuer.token()
    asyncio.run(known.known(token))
    issuer.keys.clear()
    issuer.add("second")
    monkeypatch.setattr(tokens, "AGAIN_S", -1.0)
    monkeypatch.setattr(tokens, "FRESH_S", -1.0)
    assert refused(known, token) == "unknown"


def test_who_has_a_known_key_does_not_wait_for_the_issuer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Tokens(issuer.settings(), LIMITS)
    valid, forged = issuer.token(), _named(issuer.token(), "forged")
    monkeypatch.setattr(tokens, "AGAIN_S", -1.0)

    async def ask() -> None:
        await known.known(valid)
        issuer.answers.clear()
        waiting = asyncio.create_task(known.known(forged))
        while issuer.asked < 2:
            await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(known.known(valid), 2)).name == "jwt:shop"
        assert not waiting.done()
        issuer.answers.set()
        with pytest.raises(NotAdmitted):
            await waiting

    asyncio.run(ask())


def _named(token: str, kid: str) -> str:
    """Return a token that says it was signed with another key."""
    return ".".join([jwt.encode({}, "0" * 32, headers={"kid": kid}).split(".")[0], *token.split(".")[1:]])


def _signed_with(public: bytes) -> str:
    """Return a token that takes the public key for a shared secret, as PyJWT itself refuses to sign it."""
    import base64
    import hashlib
    import hmac

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    claims = {"iss": "https://login", "aud": "loans", "sub": "shop", "exp": 4_000_000_000}
    body = part({"alg": "HS256", "kid": "first"}) + b"." + part(claims)
    mac = base64.urlsafe_b64encode(hmac.digest(public, body, hashlib.sha256)).rstrip(b"=")
    return (body + b"." + mac).decode()
