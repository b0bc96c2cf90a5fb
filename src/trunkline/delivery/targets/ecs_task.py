"""A task of ECS: what a release is told there, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trunkline.core.errors import StorageError
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release

from ..engine import PORT
from . import told
from .ecs import EcsSettings

CONTAINER = "service"


@dataclass(frozen=True)
class Place:
    """Where tasks run: what the foundation made, and what is kept beside it."""

    family: str
    region: str
    foundation: Mapping[str, str]
    keys: str
    """The digest of the callers' keys."""
    secrets: Mapping[str, str]
    """Variable to parameter of SSM."""


def task_of(
    release: Release, settings: EcsSettings, access: Access, serving: Serving, place: Place
) -> dict[str, Any]:
    """Return the task definition of a release."""
    made = place.foundation
    variables = told.variables(release, access, region=place.region, keys=place.keys)
    logged = {
        "awslogs-group": made["LogGroup"],
        "awslogs-region": place.region,
        "awslogs-stream-prefix": "ecs",
    }
    container = {
        "name": CONTAINER,
        "image": release.image,
        "essential": True,
        "command": list(told.command(serving, told.log_store(serving, made["LogBucket"]))),
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "secrets": [{"name": name, "valueFrom": parameter} for name, parameter in place.secrets.items()],
        "portMappings": [{"containerPort": PORT, "protocol": "tcp"}],
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}, "initProcessEnabled": True},
        "stopTimeout": 60,  # seconds; the service takes 30 to end what is under way, then ships its log
        "logConfiguration": {"logDriver": "awslogs", "options": logged},
    }
    return {
        "family": place.family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(settings.cpu),
        "memory": str(settings.memory),
        "executionRoleArn": made["ExecutionRole"],
        "taskRoleArn": made["TaskRole"],
        "containerDefinitions": [container],
    }


def own_part(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a task definition is ours, in an order that AWS does not change."""
    container = definition["containerDefinitions"][0]
    named = ("family", "cpu", "memory", "executionRoleArn", "taskRoleArn")
    return {
        **{name: definition.get(name) for name in named},
        "containers": len(definition["containerDefinitions"]),
        "image": container["image"],
        "command": list(container.get("command", ())),
        "environment": {row["name"]: row["value"] for row in container.get("environment", ())},
        "secrets": {row["name"]: row["valueFrom"] for row in container.get("secrets", ())},
    }


def release_of(definition: Mapping[str, Any]) -> Release | None:
    """Return the release that a task serves; None where another wrote its definition."""
    variables = own_part(definition)["environment"]
    try:
        return Release.from_dict(json.loads(variables.get(told.RELEASE, "")), origin="task definition")
    except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
        return None
