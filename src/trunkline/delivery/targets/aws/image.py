"""The image in Amazon ECR: there by its digest, and carrying the bundles of a release, before anything is changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from trunkline.core.errors import ApplyError, PolicyError, UnavailableError
from trunkline.core.reading import parse_json
from trunkline.core.record import sha256
from trunkline.core.release import Release

from ..image_labels import bundles_of, require_carried
from .account import Account

ECR = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^@]+)@(sha256:[0-9a-f]{64})$")
ACCEPTED = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
]
MOST = 1_000_000


def require_image(account: Account, release: Release, *, file: str) -> None:
    """Raise ApplyError or PolicyError where the image is not in ECR, or lacks a bundle; nothing has changed then.

    `file` is the desired state, for the advice.
    """
    named = ECR.match(release.image)
    if not named or named[2] != account.region:
        raise PolicyError(
            f"AWS runs images of Amazon ECR in {account.region}, by digest.",
            value=release.image,
            next_step=f"PUSH=<account>.dkr.ecr.{account.region}.amazonaws.com/<name> make image, then name it as"
            f" image in {file}",
        )
    require_carried(release, _bundles(account, named[1], named[3], named[4], release.image))


def _bundles(account: Account, registry: str, repository: str, digest: str, image: str) -> list[str]:
    manifest = _manifest(account, registry, repository, digest, image)
    if listed := manifest.get("manifests"):  # one image a platform: their labels are the same
        manifest = _manifest(account, registry, repository, str(listed[0]["digest"]), image)
    config = str(manifest["config"]["digest"])
    place = account.call(
        *("ecr", "get_download_url_for_layer"),
        registryId=registry,
        repositoryName=repository,
        layerDigest=config,
    )["downloadUrl"]
    try:
        answer = httpx.get(place, timeout=30.0).raise_for_status()
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"Amazon ECR does not hand out the image's configuration: {type(error).__name__}.",
            next_step="try again",
        ) from error
    if len(answer.content) > MOST or sha256(answer.content) != config:
        raise ApplyError("Amazon ECR gives something else as the image's configuration.", value=image)
    return bundles_of(answer.content, image=image)


def _manifest(account: Account, registry: str, repository: str, digest: str, image: str) -> Mapping[str, Any]:
    found = account.find(
        *("ecr", "batch_get_image"),
        missing=("RepositoryNotFoundException",),
        registryId=registry,
        repositoryName=repository,
        imageIds=[{"imageDigest": digest}],
        acceptedMediaTypes=ACCEPTED,
    )
    if not found or not found["images"]:
        raise ApplyError(
            "Amazon ECR has no such image. Nothing was changed.",
            value=image,
            next_step="push it (PUSH=... make image), or revert the merge that named it",
        )
    manifest: Mapping[str, Any] = parse_json(found["images"][0]["imageManifest"].encode(), origin=image)
    return manifest
