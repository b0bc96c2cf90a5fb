"""A function of AWS Lambda: what a release is told there, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trunkline.core.errors import PolicyError, StorageError
from trunkline.core.policy.access import VARIABLE, Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release

from . import told
from .aws_lambda import LambdaSettings

ALIAS = "live"
COMMAND = ["python", "-m", "trunkline.serving.entries.aws_lambda", "/srv/release"]
LARGEST = 4096
"""Bytes that the variables of a function may have."""
READY = {
    "version": "2.0",
    "rawPath": "/ready",
    "rawQueryString": "",
    "headers": {"host": "trunkline"},
    "requestContext": {"http": {"method": "GET", "path": "/ready", "sourceIp": "127.0.0.1"}},
    "isBase64Encoded": False,
}
"""The event by which a version is asked whether it is ready."""


def function_of(
    release: Release,
    settings: LambdaSettings,
    access: Access,
    serving: Serving,
    *,
    name: str,
    foundation: Mapping[str, str],
    secrets: Mapping[str, str],
) -> dict[str, Any]:
    """Return the function that serves a release, as CreateFunction takes it.

    Raises PolicyError where its variables are larger than Lambda lets them be.
    """
    variables = {
        told.RELEASE: release.canonical().decode(),
        VARIABLE: access.model_dump_json(exclude_defaults=True),
        "TRUNKLINE_LOG_STORE": told.log_store(serving, foundation["LogBucket"]),
        **({"TRUNKLINE_ANSWER_UNLOGGED": "true"} if serving.log.on_full != "refuse" else {}),
        **secrets,
    }
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > LARGEST:
        raise PolicyError(
            f"A function of AWS Lambda takes {LARGEST:,} bytes of variables, and these are {size:,}.",
            next_step="revoke keys that nobody uses (trunkline key list), or let AWS know the callers: access.callers:"
            " platform",
        )
    return {
        "FunctionName": name,
        "PackageType": "Image",
        "Code": {"ImageUri": release.image},
        "Role": foundation["FunctionRole"],
        "Architectures": [settings.processor],
        "MemorySize": settings.memory,
        "Timeout": settings.timeout,
        "Environment": {"Variables": variables},
        "ImageConfig": {"Command": COMMAND},
        "LoggingConfig": {"LogGroup": foundation["LogGroup"]},
    }


def own_part(function: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a function is ours: of what CreateFunction takes, or of what GetFunction answers."""
    found: Mapping[str, Any] = function.get("Configuration", function)
    image = found.get("ImageConfigResponse", {}).get("ImageConfig") or found.get("ImageConfig") or {}
    return {
        **{name: found.get(name) for name in ("Role", "MemorySize", "Timeout", "Architectures")},
        "image": function.get("Code", {}).get("ImageUri"),
        "command": list(image.get("Command", ())),
        "variables": dict(found.get("Environment", {}).get("Variables", {})),
    }


def release_of(function: Mapping[str, Any]) -> Release | None:
    """Return the release that a function serves; None where another wrote it."""
    try:
        return Release.from_dict(
            json.loads(own_part(function)["variables"].get(told.RELEASE, "")), origin="function"
        )
    except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
        return None
