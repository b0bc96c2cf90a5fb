"""Signatures: whoever released signs bundle and image by digest, and only what main's keys signed begins to serve."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from trunkline.core.errors import (
    BundleError,
    PolicyError,
    SignatureError,
    StorageError,
    TrunklineError,
    UnavailableError,
)
from trunkline.core.plugged import POLICY_FILE
from trunkline.core.policy.reading import parse_policy
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Release
from trunkline.core.secrets import secret
from trunkline.core.signature import PrivateKey, PublicKey, sign_digest, signer_of
from trunkline.delivery.desired_state import DIGEST, IMAGE
from trunkline.delivery.image_signature import image_signer, sign_image
from trunkline.delivery.plan import routes_of
from trunkline.loop.changes.merged import merged_text
from trunkline.registry.signatures import keep_signature, signatures_of

KEY, PASSWORD = "TRUNKLINE_SIGNING_KEY", "TRUNKLINE_SIGNING_PASSWORD"
"""The variables that hold the private key itself, and its password where it has one."""
HOW = (
    "have whoever releases sign it: the job `sign` of release.yml, or `trunkline sign` where the key is;"
    " docs/signing.md"
)


def main_keys(project: Project) -> Mapping[str, PublicKey]:
    """Return the public keys by file that main's policy names; none where nothing needs to be signed.

    Raises PolicyError where main has no such file, or it holds no key.
    """
    text = merged_text(project, project.root / POLICY_FILE)
    origin = f"{POLICY_FILE} of {project.policy.forge.main}"
    named = parse_policy(text, origin).signatures.keys if text is not None else ()
    found = {}
    for name in named:
        pem = merged_text(project, project.root / name)
        if pem is None:
            raise PolicyError(
                f"signatures.keys names {name}, and {project.policy.forge.main} has no such file.",
                value=name,
                next_step="commit the public key, or correct trunkline.yaml",
            )
        found[name] = PublicKey(pem, name=name)
    return found


def sign(project: Project, *, bundle: str = "", image: str = "", progress: Progress) -> None:
    """Sign a bundle and an image, each named by its digest, with the key that TRUNKLINE_SIGNING_KEY holds.

    Raises PolicyError without a digest or a key, or when main names keys and this is none of them.
    """
    if not bundle and not image:
        raise PolicyError("Nothing is named to sign.", next_step="name --bundle, --image, or both")
    for name, value, pattern in (("bundle", bundle, DIGEST.pattern), ("image", image, IMAGE)):
        if value and not re.fullmatch(pattern, value):
            raise PolicyError(
                f"A signature is of a whole digest: the {name} is named otherwise.", value=value
            )
    if not (text := secret(KEY)):
        raise PolicyError("There is no key to sign with.", next_step=f"put the private key's text into {KEY}")
    key = PrivateKey(text, password=secret(PASSWORD))
    keys = main_keys(project)
    own = key.public.identity
    if keys and own not in {each.identity for each in keys.values()}:
        raise PolicyError(
            f"The key in {KEY} is none of those that main names: {', '.join(keys)}.",
            next_step="commit its public half and name it under signatures.keys, or sign with the other key",
        )
    if bundle:
        envelope = sign_digest(key, bundle, project.policy.name)
        keep_signature(project.root, bundle, f"{own}.json", envelope)
        progress(f"signed the bundle {short(bundle)}")
    if image:
        progress(f"signed the image; its signature is {sign_image(key, image)}")


@dataclass(frozen=True)
class Signed:
    """What begins to serve, and by which of main's keys it is signed; `trouble` says why by none."""

    what: str
    by: str = ""
    trouble: TrunklineError | None = None

    @property
    def words(self) -> str:
        """Return it for whoever reads a plan."""
        if self.trouble is None:
            return f"signed by {self.by}: {self.what}"
        known = isinstance(self.trouble, SignatureError | BundleError)
        return (
            f"apply refuses {self.what}: {self.trouble.what}"
            if known
            else f"whether {self.what} is signed could not be looked up: {self.trouble.what}"
        )


def signatures(project: Project, release: Release | None, *, served: Release | None) -> tuple[Signed, ...]:
    """Return by whom what a release begins to serve is signed; nothing where main names no key.

    What is `served` already is not asked: the way back must not wait for a registry.
    """
    if release is None or not (keys := main_keys(project)):
        return ()
    before = {route.bundle for route in routes_of(served)}
    found = []
    for route in routes_of(release):
        if route.bundle not in before:
            named = f"version {route.version} ({short(route.bundle)})"
            found.append(_asked(named, partial(_bundle_signer, project, route.bundle, keys)))
    if release.image and (served is None or release.image != served.image):
        found.append(_asked(f"the image {release.image}", partial(image_signer, release.image, keys)))
    return tuple(found)


def require_signed(project: Project, release: Release | None, *, served: Release | None) -> None:
    """Raise SignatureError unless what a release begins to serve is signed by a key that main names.

    Nothing of it has been fetched or opened then. Raises UnavailableError when nobody answers who keeps the signatures.
    """
    for one in signatures(project, release, served=served):
        if one.trouble is not None:
            what = f"{one.what[0].upper()}{one.what[1:]} is not served: {one.trouble.what.rstrip('.')}."
            raise type(one.trouble)(
                f"{what} Nothing was changed.", next_step=one.trouble.next_step or HOW
            ) from one.trouble


def _asked(what: str, signer: Callable[[], str]) -> Signed:
    try:
        return Signed(what, by=signer())
    except (SignatureError, UnavailableError, BundleError, StorageError) as error:
        return Signed(what, trouble=error)


def _bundle_signer(project: Project, digest: str, keys: Mapping[str, PublicKey]) -> str:
    why = SignatureError("nobody signed it")
    for envelope in signatures_of(project.root, digest):
        try:
            return signer_of(envelope, digest, keys)
        except SignatureError as error:
            why = error
    raise why
