"""Unit: what systemd keeps running on the machine that serves."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

from trunkline.core.errors import PolicyError
from trunkline.core.project import Project
from trunkline.delivery import ContainerUnit, LocalTarget, Unit, read_state
from trunkline.delivery.targets.container_target import ContainerTarget

from .deploying import target_of


def unit_of(project: Project, environment: str) -> Unit | ContainerUnit:
    """Return the systemd unit that keeps an environment's service running on the machine that serves."""
    target = target_of(project, environment)
    if isinstance(target, ContainerTarget):
        return target.unit()
    if not isinstance(target, LocalTarget):
        raise PolicyError(
            f"No process of this machine serves {environment}, so there is nothing for systemd to keep.",
            value=read_state(project.deployment(environment)).target.kind,
        )
    name = re.sub(r"[^a-z0-9-]+", "-", project.policy.name.lower()).strip("-")
    return Unit(
        name=f"trunkline-{name}-{environment}",
        environment=environment,
        live=target.folder,
        predictions=project.predictions(environment).resolve(),
        host=target.host,
        user=getpass.getuser(),
        reaches_out=bool(project.policy.serving.log.store or target.access.jwt),
        home=Path.home(),
    )
