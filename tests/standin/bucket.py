"""A bucket: moto's S3 in a process of its own, over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import LogStore, open_store

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
BUCKET = "logs"


@contextmanager
def serve_s3(host: str = "127.0.0.1") -> Iterator[str]:
    """Yield the address of an S3 server without a bucket; on host 0.0.0.0 containers reach it too."""
    words = [sys.executable, "-m", "moto.server", "-H", host, "-p", "0"]
    # A bucket is named by the path alone: a container reaches this machine by a name with dots.
    environment = os.environ | {"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)))
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        try:
            yield found[0]
        finally:
            process.kill()
            drain.join()


def empty(server: str) -> None:
    """Leave one empty bucket there."""
    for method, path in (("POST", "moto-api/reset"), ("PUT", BUCKET)):
        httpx.request(method, f"{server}/{path}", timeout=120).raise_for_status()  # it imports at the first


def reached_at(server: str) -> dict[str, str]:
    """Return the variables by which a client finds that server."""
    return {"AWS_ENDPOINT": server, "AWS_ALLOW_HTTP": "true"}


def store_at(server: str, environment: str) -> LogStore:
    """Return the store of an environment's log in the bucket."""
    return open_store(f"s3://{BUCKET}/{{environment}}", environment, KEYS | reached_at(server))


def shipped(server: str, folder: Path, environment: str) -> None:
    """Do at once what the service that writes to `folder` does every minute."""
    assert Shipper(folder, store_at(server, environment)).ship()
