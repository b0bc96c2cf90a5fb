"""What an image is told where no file can be mounted: a command and variables, the same whichever kind runs it."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.policy.access import VARIABLE, Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release

from ..engine import PORT
from .service import service_options

RELEASE = "TRUNKLINE_RELEASE"


def log_store(serving: Serving, bucket: str) -> str:
    """Return where, on AWS, the service ships its log: the policy's store, else the foundation's bucket."""
    return serving.log.store or f"s3://{bucket}/{{environment}}"


def command(serving: Serving, store: str) -> tuple[str, ...]:
    """Return what a container runs, as a list of words; the image's folders are /srv/release and /srv/log."""
    words = ("python", "-m", "trunkline.serving.told", "/srv/release", "--host", "0.0.0.0")  # noqa: S104
    ships = serving.model_copy(update={"log": serving.log.model_copy(update={"store": store})})
    return (*words, "--port", str(PORT), *service_options(Path("/srv/log"), ships, ship=True))


def variables(release: Release, access: Access, *, keys: str, region: str = "") -> dict[str, str]:
    """Return the variables that are no secrets.

    `keys` is the digest of the callers' keys, which names no key; `region` is of AWS.
    """
    return {
        RELEASE: release.canonical().decode(),
        VARIABLE: access.model_dump_json(exclude_defaults=True),
        **({"AWS_REGION": region} if region else {}),
        "TRUNKLINE_KEYS_DIGEST": keys,
    }
