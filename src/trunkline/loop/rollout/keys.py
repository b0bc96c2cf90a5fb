"""Keys: the file of an environment's keys where its service reads it, here or on the machine of its container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from trunkline.core.keys import keys_beside
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.delivery.targets.protocol import KeepsKeys

from .deploying import target_of


@contextmanager
def keys_of(project: Project, environment: str, *, progress: Progress = lambda _: None) -> Iterator[Path]:
    """Yield the file of an environment's keys; what is changed in it reaches the service within a second.

    On AWS it does so with the next deployment, which `progress` is told.
    Raises UnavailableError when the machine of the container cannot be reached.
    """
    # A service that is only tried has no desired state.
    target = (
        target_of(project, environment, progress=progress)
        if project.deployment(environment).is_file()
        else None
    )
    here = nullcontext(keys_beside(project.secret(environment)))
    with target.changing_keys() if isinstance(target, KeepsKeys) else here as file:
        yield file
