"""Signatures of images, beside them in their registry: what cosign keeps there, and reads.

Source: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md, for keys; Rekor's log is not asked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from trunkline.core.errors import NotFoundError, SignatureError
from trunkline.core.reading import parse_json
from trunkline.core.record import canonical_json
from trunkline.core.signature import PrivateKey, PublicKey

from .oci import IMAGE, Repository, tag_of

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
CONFIG = "application/vnd.oci.image.config.v1+json"
KIND = "cosign container image signature"
MOST = 100
"""Signatures of one image that are looked at."""


def sign_image(key: PrivateKey, image: str) -> str:
    """Sign an image, named by digest, and return the tag of its signatures; those of others stay.

    Raises NotFoundError when the registry has no such image, UnavailableError when it does not answer or refuses.
    """
    name, _, digest = image.partition("@")
    repository = Repository(name)
    if repository.manifest(digest) is None:
        raise NotFoundError(
            "The registry has no such image.", value=image, next_step="PUSH=<registry>/<name> make image"
        )
    try:
        image_signer(image, {"": key.public})
        return f"{name}:{tag_of(digest, 'sig')}"  # a job that is run again adds nothing
    except SignatureError:
        pass
    critical = {
        "identity": {"docker-reference": name},
        "image": {"docker-manifest-digest": digest},
        "type": KIND,
    }
    payload = canonical_json({"critical": critical, "optional": None})
    tag = tag_of(digest, "sig")
    layers = [*_layers(repository, digest)]
    signature = base64.b64encode(key.sign(payload)).decode()
    own = {"mediaType": SIMPLE, "size": len(payload), "digest": repository.put_blob(payload)}
    layers.append({**own, "annotations": {ANNOTATION: signature}})
    ids = [layer["digest"] for layer in layers]
    described = {
        "architecture": "",
        "created": "0001-01-01T00:00:00Z",
        "history": [{"created": "0001-01-01T00:00:00Z"} for _ in layers],
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": ids},
        "config": {},
    }
    config = canonical_json(described)
    about = {"mediaType": CONFIG, "size": len(config), "digest": repository.put_blob(config)}
    repository.put_manifest(tag, {"schemaVersion": 2, "mediaType": IMAGE, "config": about, "layers": layers})
    return f"{name}:{tag}"


def image_signer(image: str, keys: Mapping[str, PublicKey]) -> str:
    """Return the name of the key that signed an image; raise SignatureError, which says why none did."""
    name, _, digest = image.partition("@")
    repository = Repository(name)
    layers = _layers(repository, digest)
    if not layers:
        raise SignatureError("nobody signed it")
    why = "it is signed by none of the keys that main names"
    for layer in layers[:MOST]:
        try:
            payload = repository.blob(str(layer["digest"]))
            signature = base64.b64decode(layer["annotations"][ANNOTATION], validate=True)
        except (LookupError, TypeError, ValueError, binascii.Error):
            continue
        signers = [key.name for key in keys.values() if key.signed(payload, signature)]
        if signers and _signed_digest(payload) == digest:
            return signers[0]
        if signers:
            why = "the signature is of another digest"
    raise SignatureError(why)


def _layers(repository: Repository, digest: str) -> list[dict[str, Any]]:
    manifest = repository.manifest(tag_of(digest, "sig")) or {}
    layers = manifest.get("layers")
    return [one for one in layers if isinstance(one, dict)] if isinstance(layers, list) else []


def _signed_digest(payload: bytes) -> str:
    """Return the image's digest that a signed text states, empty where it is none about an image."""
    try:
        critical = parse_json(payload, origin="signature", error=SignatureError)["critical"]
        said = {
            name.lower(): value for name, value in critical["image"].items()
        }  # the specification's example
        return str(said["docker-manifest-digest"]) if critical["type"] == KIND else ""
    except (SignatureError, LookupError, TypeError, ValueError, AttributeError):
        return ""
