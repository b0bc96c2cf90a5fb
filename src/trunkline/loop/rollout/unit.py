"""Unit: what systemd keeps running on the machine that serves, and the line that lets a key ask what serves there."""

from __future__ import annotations

import re
from pathlib import Path

from trunkline.core.errors import PolicyError
from trunkline.core.project import Project
from trunkline.core.reading import read_text
from trunkline.delivery import read_state
from trunkline.delivery.targets.protocol import OpenedByKeys, Supervised, SystemdUnit

from .deploying import environment_of, serves_here, target_of


def unit_of(project: Project, environment: str) -> SystemdUnit:
    """Return the systemd unit that keeps an environment's service running on the machine that serves."""
    target = target_of(project, environment)
    if not isinstance(target, Supervised):
        raise PolicyError(
            f"No process of this machine serves {environment}, so there is nothing for systemd to keep.",
            value=read_state(project.deployment(environment)).target.kind,
        )
    return target.unit(environment_of(project, environment))


def line_of_key(project: Project, environment: str, public: Path) -> str:
    """Return the line of authorized_keys by which a public key may ask what serves, and for nothing else.

    Raises PolicyError where no container of another machine serves, or the file holds no public key.
    """
    target = target_of(project, environment)
    if not isinstance(target, OpenedByKeys) or serves_here(project, environment):
        raise PolicyError(
            f"{environment} is served by no container on another machine, so no key is needed.",
            value=read_state(project.deployment(environment)).target.kind,
            next_step=f"name the machine as target.host in deployments/{environment}.yaml",
        )
    key = read_text(public).strip()
    if not re.fullmatch(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( [\w@.+-]*)?", key):
        raise PolicyError(
            f"{public} holds no public key of SSH.", next_step="name the file that ends in .pub"
        )
    return target.line_of_key(key)
