"""Preview: serve one bundle in the foreground, before anything is released."""

from __future__ import annotations

from typing import NoReturn

from trunkline.core.errors import NotFoundError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.release import Release
from trunkline.delivery import LocalSettings, LocalTarget, read_state
from trunkline.delivery.targets.port import Advice

from .training import train


def port_of(project: Project) -> int:
    """Return the port on which a preview answers: it is tried where releases will answer."""
    target = read_state(project.deployment(project.policy.rollout.environment)).target
    return target.port if isinstance(target, LocalSettings) else 0


def serve_in_foreground(
    project: Project, *, bundle: str = "", port: int | None = None, progress: Progress
) -> NoReturn:
    """Become a service of one bundle, until it is interrupted; nothing is deployed.

    `bundle` is a digest or its first digits; empty trains the checked-out code, or reuses what its key gave.
    Raises NotFoundError when no bundle, or more than one, begins with these digits.
    """
    if bundle:
        digits = bundle.removeprefix("sha256:")
        present = sorted(path.name for path in project.bundles.root.glob("*/")) if digits else []
        found = [name for name in present if name.startswith(digits)]
        if len(found) != 1:
            known = ", ".join(name[:12] for name in present) or "none"
            raise NotFoundError(
                f"{len(found)} bundles on this machine begin with {bundle}.", next_step=f"there are: {known}"
            )
        chosen = project.bundles.get(f"sha256:{found[0]}")
    else:
        chosen, _, _ = train(project, progress=progress)
    serving = project.policy.serving
    environment = project.policy.rollout.environment
    target = LocalTarget(
        project.live("preview"),
        port=port_of(project) if port is None else port,
        log_folder=project.predictions("preview"),
        serving=serving,
        advice=Advice(
            port=f"trunkline serve --port 0 takes a free one; `trunkline stop {environment}` ends what serves it here",
            host="name a host of this machine",
        ),
    )
    release = Release.of_one(chosen.digest, environment="preview", revision=project.commit())
    target.become(release, project.bundles, progress=progress)
