"""Signatures by a key pair: ECDSA on P-256 over SHA-256, as cosign makes and checks them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from .errors import PolicyError, SignatureError
from .reading import parse_json
from .record import canonical_json, digits, sha256

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://sigstore.dev/cosign/sign/v1"
"""What cosign calls a signature that says nothing but whose digest it is."""
PAYLOAD = "application/vnd.in-toto+json"
_MAKE = "make one as docs/signing.md says, or with `cosign generate-key-pair`"


class PublicKey:
    """A public key, and the file that holds it."""

    def __init__(self, pem: str, *, name: str) -> None:
        """Read PEM text. Raises PolicyError when it is no public key on the curve P-256."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            key = load_pem_public_key(pem.encode())
        except Exception as error:  # the library lists no end of them
            raise PolicyError(f"{name} is no public key in PEM.", next_step=_MAKE) from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise PolicyError(f"{name} is no key on the curve P-256 (prime256v1).", next_step=_MAKE)
        self._key = key
        self.name = name

    @property
    def identity(self) -> str:
        """Return the digest of the key itself, in hexadecimal."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return digits(sha256(self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)))

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the holder of the private key signed a message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """A private key."""

    def __init__(self, pem: str, *, password: str = "") -> None:
        """Read PEM text (PKCS #8). Raises PolicyError when it is no private key on P-256 or the password is wrong."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            # What the library says of a key may quote it: it is not passed on.
            key = load_pem_private_key(pem.encode(), password.encode() or None)
        except Exception:
            raise PolicyError(
                "The signing key cannot be read: it is no private key in PEM (PKCS #8), or its password is another.",
                next_step=_MAKE,
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise PolicyError("The signing key is none on the curve P-256 (prime256v1).", next_step=_MAKE)
        self._key = key

    @property
    def public(self) -> PublicKey:
        """Return its public half."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey(pem.decode(), name="the public half of the signing key")

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, in ASN.1."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))


def sign_digest(key: PrivateKey, digest: str, name: str) -> bytes:
    """Return a signed in-toto statement about what has a digest, in a DSSE envelope.

    Source: https://github.com/secure-systems-lab/dsse, in-toto Statement v1; `cosign verify-blob-attestation` reads it.
    """
    subject = {"name": name, "digest": {"sha256": digits(digest)}}
    statement: dict[str, Any] = {"_type": STATEMENT, "subject": [subject], "predicateType": PREDICATE}
    payload = canonical_json(statement | {"predicate": {}})
    return canonical_json(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD,
            "signatures": [{"keyid": "", "sig": base64.b64encode(key.sign(_framed(payload))).decode()}],
        }
    )


def signer_of(envelope: bytes, digest: str, keys: Mapping[str, PublicKey]) -> str:
    """Return the name of the key that signed a digest in an envelope; raise SignatureError, which says why none did."""
    try:
        body = parse_json(envelope.decode(), origin="signature", error=SignatureError)
        payload = base64.b64decode(body["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in body["signatures"]]
        kind = str(body["payloadType"])
    except (ValueError, TypeError, LookupError, AttributeError, binascii.Error) as error:
        raise SignatureError("its signature is no DSSE envelope") from error
    framed = _framed(payload)
    found = [key for key in keys.values() if any(key.signed(framed, one) for one in signatures)]
    if kind != PAYLOAD or not found:
        raise SignatureError("it is signed by none of the keys that main names")
    try:
        statement = parse_json(payload.decode(), origin="statement", error=SignatureError)
        said = {one["digest"]["sha256"] for one in statement["subject"]}
        said &= {digits(digest)} if statement["predicateType"] == PREDICATE else set()
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise SignatureError("what is signed is no statement about a digest") from error
    if not said:
        raise SignatureError("the signature is of another digest")
    return found[0].name


def _framed(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
