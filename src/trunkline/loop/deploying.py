"""Deploy: from the desired state in a commit to what serves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from trunkline import delivery
from trunkline.core.bundle import BundleStore
from trunkline.core.contract import Contract
from trunkline.core.errors import BundleError, NotFoundError, PolicyError
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.records import Deployment, Release, Route
from trunkline.delivery import LocalTarget, Plan, apply, plan, read_state
from trunkline.forge import PullRequest

from .change import git
from .judging import bundle_of, registry_of, train
from .releasing import propose_stage

Progress = Callable[[str], None]


def target_of(project: Project, environment: str) -> LocalTarget:
    """Return the target that an environment's desired state names."""
    state = read_state(project.deployment(environment))
    return LocalTarget(
        project.live(environment),
        port=state.target.port,
        host=state.target.host or project.policy.serving.host,
        log_folder=project.predictions(environment),
        sync_log=project.policy.serving.sync_log,
    )


def plan_deployment(project: Project, environment: str) -> Plan:
    """Return the difference between the checked-out desired state and what serves."""
    path = project.deployment(environment)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
        raise PolicyError(
            f"There is no environment {environment}.", value=environment, next_step=f"use one of {known}"
        )
    revision = git(project.root, "log", "-1", "--format=%H", "--", str(path))
    target = target_of(project, environment)
    return plan(read_state(path), target.observe(), revision=revision, upkeep=target.upkeep())


def apply_deployment(project: Project, environment: str, *, reviewed: str, progress: Progress) -> Deployment:
    """Carry out the plan whose checksum was reviewed, fetching bundles from the registry where they are missing."""
    made = plan_deployment(project, environment)
    if made.release is not None:
        for route in (made.release.champion, made.release.challenger):
            if route is not None:
                bundle_of(project, route, progress=progress)
    return apply(
        made,
        reviewed=reviewed,
        target=target_of(project, environment),
        bundles=project.bundles,
        history=history_file(project, environment),
    )


def history_file(project: Project, environment: str) -> Path:
    """Return the file in which apply writes what it did."""
    return project.live(environment) / "history.jsonl"


def stop(project: Project, environment: str) -> bool:
    """Stop an environment's service and return whether one ran."""
    target = target_of(project, environment)
    return delivery.stop(environment, target=target, history=history_file(project, environment))


def serving_contract(project: Project, environment: str) -> Contract:
    """Return the contract of the champion that serves an environment.

    Raises NotFoundError when nothing serves there.
    """
    release = target_of(project, environment).observe()
    if release is None:
        raise NotFoundError(f"Nothing serves {environment}.", next_step=f"trunkline deploy {environment}")
    return project.bundles.get(release.champion.bundle).contract


def serve_in_foreground(
    project: Project, *, bundle: str = "", port: int | None = None, progress: Progress
) -> int:
    """Serve one bundle until it is interrupted and return the service's exit code; nothing is deployed.

    `bundle` is a digest or its first digits; empty trains the checked-out code, or reuses what its key gave.
    Raises BundleError when no bundle, or more than one, begins with these digits.
    """
    if bundle:
        found = [path.name for path in project.bundles.root.glob(f"{bundle.removeprefix('sha256:')}*")]
        if len(found) != 1:
            raise BundleError(
                f"{len(found)} bundles on this machine begin with {bundle}.", next_step="give more digits"
            )
        chosen = project.bundles.get(f"sha256:{found[0]}")
    else:
        chosen, _, _ = train(project, progress=progress)
    folder = project.live("preview")
    release = Release(
        environment="preview",
        revision=project.commit(),
        strategy="single",
        champion=Route(version=0, bundle=chosen.digest),
    )
    BundleStore(folder / "bundles").add(chosen.folder)
    release.write(folder / "release.json")
    serving = project.policy.serving
    address = ["--host", serving.host, "--port", str(serving.port if port is None else port)]
    progress(
        f"serving bundle {short(chosen.digest)} at http://{address[1]}:{address[3]}/docs; Ctrl-C ends it"
    )
    command = [sys.executable, "-m", "trunkline.serving", str(folder), *address]
    with subprocess.Popen([*command, "--log-folder", str(project.predictions("preview"))]) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the service got it too, and ends by itself


def propose_next_stage(project: Project, stage: str, *, number: int = 0, progress: Progress) -> PullRequest:
    """Open the pull request for a stage of version `number`, by default the challenger or the newest version.

    Raises PolicyError when the move is not possible from the present state.
    """
    registry = registry_of(project)
    state = read_state(project.deployment(project.policy.rollout.environment))
    if number:
        version = registry.by_number(number)
    elif state.challenger is not None:
        version = registry.by_bundle(state.challenger.bundle)
    else:
        version = registry.versions()[-1]
    return propose_stage(project, stage, version=version, progress=progress)
