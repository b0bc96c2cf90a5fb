"""Signatures by a key pair: whose they are, and of what."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certificates import signing_key
from trunkline.core.errors import PolicyError, SignatureError
from trunkline.core.record import sha256
from trunkline.core.signature import PrivateKey, PublicKey, sign_digest, signer_of

DIGEST, OTHER = sha256(b"one"), sha256(b"another")
# Written by `cosign attest-blob` 2.6.1 about the file {"a":1}, with a key that nobody keeps.
COSIGNS_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/NI0EkZhuXA207HruICo8h/3hB47
IdrHgeWIfHThBhd03uGqvvE7zO5N9m0kF9eK45lD4IaWUjYBePdHlkKD8A==
-----END PUBLIC KEY-----
"""
COSIGNS = (
    b'{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdj'
    b"AuMSIsInByZWRpY2F0ZVR5cGUiOiJodHRwczovL3NpZ3N0b3JlLmRldi9jb3NpZ24vc2lnbi92MSIsInN1YmplY3QiOlt7Im5hbWUiOiJtLmpzb2"
    b"4iLCJkaWdlc3QiOnsic2hhMjU2IjoiMDE1YWJkN2Y1Y2M1N2EyZGQ5NGI3NTkwZjA0YWQ4MDg0MjczOTA1ZWUzM2VjNWNlYmVhZTYyMjc2YTk3Zj"
    b'g2MiJ9fV0sInByZWRpY2F0ZSI6e319","signatures":[{"keyid":"","sig":"MEUCIHvGnhGPBJIl5Z/vK3ZcMAUEScwKNVVhidJOp1/4Nvq0A'
    b'iEAgl2M4gpshHNW02gxrEvd1ZqqsJe+ZjxdIqDE6siNovU="}]}'
)


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    """A key of ours."""
    return PrivateKey(signing_key()[0])


@pytest.fixture(scope="module")
def stranger() -> PrivateKey:
    """Somebody else's."""
    return PrivateKey(signing_key()[0])


def test_a_signature_names_the_key_that_made_it(stranger: PrivateKey) -> None:
    private, public = signing_key()
    keys = {"old.pub": stranger.public, "new.pub": PublicKey(public, name="new.pub")}
    assert signer_of(sign_digest(PrivateKey(private), DIGEST, "m"), DIGEST, keys) == "new.pub"


def test_what_cosign_signed_is_taken() -> None:
    keys = {"cosign.pub": PublicKey(COSIGNS_KEY, name="cosign.pub")}
    assert signer_of(COSIGNS, sha256(b'{"a":1}'), keys) == "cosign.pub"
    with pytest.raises(SignatureError):
        signer_of(COSIGNS, DIGEST, keys)


def test_another_key_and_another_digest_are_refused(key: PrivateKey, stranger: PrivateKey) -> None:
    envelope = sign_digest(key, DIGEST, "m")
    with pytest.raises(SignatureError):
        signer_of(envelope, DIGEST, {"a": stranger.public})
    with pytest.raises(SignatureError):
        signer_of(envelope, OTHER, {"a": key.public})
    with pytest.raises(SignatureError):
        signer_of(envelope, DIGEST, {})


def test_what_was_changed_after_the_signing_is_refused(key: PrivateKey) -> None:
    body = json.loads(sign_digest(key, DIGEST, "m"))
    said = base64.b64decode(body["payload"]).replace(DIGEST[7:].encode(), OTHER[7:].encode())
    forged = json.dumps(body | {"payload": base64.b64encode(said).decode()}).encode()
    with pytest.raises(SignatureError):
        signer_of(forged, OTHER, {"a": key.public})


def test_a_signature_of_another_kind_of_text_is_none_of_a_digest(key: PrivateKey) -> None:
    body = json.loads(sign_digest(key, DIGEST, "m"))
    text = base64.b64decode(body["payload"])
    bare = body | {"signatures": [{"sig": base64.b64encode(key.sign(text)).decode()}]}
    for envelope in (bare, body | {"payloadType": "text/plain"}):
        with pytest.raises(SignatureError):
            signer_of(json.dumps(envelope).encode(), DIGEST, {"a": key.public})


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"[]", b"{}", b'{"payload": 5}', b'{"payload": "%", "signatures": []}']
)
def test_what_is_no_envelope_is_refused(text: bytes, key: PrivateKey) -> None:
    with pytest.raises(SignatureError):
        signer_of(text, DIGEST, {"a": key.public})


def test_only_keys_on_p_256_are_taken() -> None:
    for other in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        pem = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(PolicyError):
            PublicKey(pem, name="a.pub")
    with pytest.raises(PolicyError):
        PublicKey("no key", name="a.pub")


def test_a_key_is_read_with_its_password_and_never_quoted() -> None:
    private, _ = signing_key("open sesame")
    PrivateKey(private, password="open sesame")
    for text, password in ((private, "wrong"), (private, ""), ("-----BEGIN my secret", "")):
        with pytest.raises(PolicyError) as refused:
            PrivateKey(text, password=password)
        assert "secret" not in str(refused.value)
        assert refused.value.value is None
