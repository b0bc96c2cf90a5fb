"""Which bundles an image carries, as its labels say."""

from __future__ import annotations

from collections.abc import Collection

from trunkline.core.errors import ApplyError, PolicyError
from trunkline.core.reading import parse_json
from trunkline.core.record import short
from trunkline.core.release import Release

from ..oci import Repository
from ..plan import routes_of

BUNDLES = "trunkline.bundles"


def require_carried(release: Release, carried: Collection[str]) -> None:
    """Raise ApplyError where a release has a version whose bundle its image does not carry."""
    if missing := [route for route in routes_of(release) if route.bundle not in carried]:
        raise ApplyError(
            f"The image does not carry version {missing[0].version} ({short(missing[0].bundle)})."
            " Nothing was changed.",
            value=release.image,
            next_step=f"VERSION={missing[0].version} make image, and name that image in the desired state",
        )


def bundles_of(configuration: bytes, *, image: str) -> list[str]:
    """Return the bundles that an image's configuration names."""
    body = parse_json(configuration, origin=image)
    labels = (body.get("config") or {}).get("Labels") or {} if isinstance(body, dict) else {}
    return str(labels.get(BUNDLES, "")).split()


def require_bundles(release: Release) -> None:
    """Raise ApplyError or PolicyError where a release's image is not in its registry, or lacks a bundle.

    Nothing has changed then.
    """
    name, _, digest = release.image.partition("@")
    if not digest:
        raise PolicyError(
            f"The desired state of {release.environment} names no image by digest.",
            value=release.image,
            next_step="PUSH=<registry>/<name> make image, then name it as image in"
            f" deployments/{release.environment}.yaml",
        )
    require_carried(release, _bundles(Repository(name), digest, release.image))


def _bundles(repository: Repository, digest: str, image: str) -> list[str]:
    manifest = repository.manifest(digest)
    if manifest and (listed := manifest.get("manifests")):  # one image a platform: their labels are the same
        manifest = repository.manifest(str(listed[0]["digest"]))
    if manifest is None:
        raise ApplyError(
            "The registry has no such image. Nothing was changed.",
            value=image,
            next_step="push it (PUSH=... make image), or revert the merge that named it",
        )
    return bundles_of(repository.blob(str(manifest["config"]["digest"])), image=image)
