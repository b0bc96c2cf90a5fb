"""AWS: moto's server in a process of its own, with what it lacks.

moto keeps state and answers in the form of botocore's service models. Added here: images that can be run, as processes
of this machine; ECS with its circuit breaker; instance refreshes of auto-scaling groups; layers of ECR; outputs of
stacks that a change set made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from containers.fixtures import free_port
from trunkline.core.record import canonical_json, sha256

REGION = "eu-central-1"
ACCOUNT = "123456789012"
LAYERS = "standin-layers"
"""A bucket in the place of ECR's own."""


@contextmanager
def serve_aws(images: Path) -> Iterator[str]:
    """Yield the address of AWS; `images` holds what its images contain, one folder a digest."""
    images.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
        "STANDIN_IMAGES": str(images),
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "STANDIN_PORT": str(free_port()),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "cloud"], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)))
        said = images.with_name("said").open("w")
        drain = threading.Thread(target=shutil.copyfileobj, args=(process.stderr, said), daemon=True)
        drain.start()
        try:
            yield found[0]
        finally:
            empty(found[0])
            process.terminate()
            process.wait()
            drain.join()
            said.close()


def empty(server: str) -> None:
    """Forget everything there, and end every process that it runs."""
    import httpx

    httpx.post(f"{server}/moto-api/reset", timeout=120).raise_for_status()


def push(
    clients: Mapping[str, Any],
    images: Path,
    repository: str,
    bundles: Path,
    digests: Sequence[str],
    serves: str,
) -> str:
    """Keep an image in ECR and return its name by digest; `serves` is the program that it runs, in Python."""
    s3, ecr = clients["s3"], clients["ecr"]
    labels = {"trunkline.bundles": " ".join(digests)}
    config = canonical_json({"architecture": "amd64", "os": "linux", "config": {"Labels": labels}})
    s3.create_bucket(Bucket=LAYERS, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=LAYERS, Key=sha256(config), Body=config, ACL="public-read")
    about = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config)}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": about | {"digest": sha256(config)},
        "layers": [],
    }
    text = json.dumps(manifest)
    digest = sha256(text.encode())
    ecr.put_image(repositoryName=repository, imageManifest=text, imageDigest=digest, imageTag=digest[7:19])
    folder = images / digest.removeprefix("sha256:")
    if not folder.exists():
        folder.mkdir()
        (folder / "bundles").symlink_to(bundles, target_is_directory=True)
        (folder / "serves").write_text(serves)
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}@{digest}"
