"""Unit: what systemd keeps running on the machine that serves."""

from __future__ import annotations

from trunkline.core.errors import PolicyError
from trunkline.core.project import Project
from trunkline.delivery import read_state
from trunkline.delivery.targets.protocol import Supervised, SystemdUnit

from .deploying import environment_of, target_of


def unit_of(project: Project, environment: str) -> SystemdUnit:
    """Return the systemd unit that keeps an environment's service running on the machine that serves."""
    target = target_of(project, environment)
    if not isinstance(target, Supervised):
        raise PolicyError(
            f"No process of this machine serves {environment}, so there is nothing for systemd to keep.",
            value=read_state(project.deployment(environment)).target.kind,
        )
    return target.unit(environment_of(project, environment))
