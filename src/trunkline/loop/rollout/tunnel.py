"""Tunnel: where this machine reaches a service that another machine hides behind its loopback address."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from pathlib import Path

from trunkline.core.project import Project
from trunkline.delivery.targets.protocol import OpenedByKeys

from .deploying import serves_here, target_of

_opened: dict[tuple[Path, str], str] = {}
"""The tunnels of this process, by project and environment: each lasts as long as the process."""


def address_of(project: Project, environment: str) -> str:
    """Return where the service of an environment answers this machine, through a tunnel where it has to be one.

    Raises UnavailableError where its machine cannot be reached.
    """
    target = target_of(project, environment)
    if serves_here(project, environment) or not isinstance(target, OpenedByKeys):
        return target.address()
    key = (project.root, environment)
    if key not in _opened:
        stack = ExitStack()
        atexit.register(stack.close)
        _opened[key] = stack.enter_context(target.reached())
    return _opened[key]
