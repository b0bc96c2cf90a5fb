"""Promote: propose the desired state in which a version has its next stage."""

from __future__ import annotations

import os
from collections.abc import Callable

from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.records import Route, Version
from trunkline.delivery import DesiredState, next_state, read_state, write_state
from trunkline.forge import PullRequest, open_forge

from .change import Change, change
from .registered import brought_registry

Progress = Callable[[str], None]
CHECKS = "ci.yml"
"""The workflow that judges a pull request."""
RETRAINING = "retraining"
"""The label of a pull request that brings a retrained version."""


def propose_next_stage(project: Project, stage: str, *, number: int = 0, progress: Progress) -> PullRequest:
    """Open the pull request for a stage of version `number`, by default the challenger or the newest version.

    Raises PolicyError when the move is not possible now, NotFoundError when no version is registered.
    """
    registry = brought_registry(project, progress=progress)
    state = read_state(project.deployment(project.policy.rollout.environment))
    if number:
        version = registry.by_number(number)
    elif state.challenger is not None:
        version = registry.by_bundle(state.challenger.bundle)
    else:
        known = registry.versions()
        if not known:
            raise NotFoundError("No version is registered yet.", next_step="trunkline release")
        version = known[-1]
    return propose_stage(project, stage, version=version, progress=progress)


def propose_stage(
    project: Project,
    stage: str,
    *,
    version: Version,
    evidence: str = "",
    prepare: Callable[[Change], object] = lambda _: None,
    progress: Progress,
) -> PullRequest:
    """Open the pull request that brings a version to a stage.

    `evidence` is Markdown for its body; `prepare` may put more files into the change, as the version's card.
    """
    environment = project.policy.rollout.environment
    branch = f"promote/{environment}/v{version.number}-{stage}"
    with change(project, branch) as made:
        state = write_stage(made, stage, version)
        prepare(made)
        title = f"{environment}: version {version.number} {phrase(stage, state)}"
        made.commit(title)
        body = describe_stage(state, stage, version, evidence)
        return publish(made, title=title, body=body, labels=("trunkline", "promotion"), progress=progress)


def write_stage(made: Change, stage: str, version: Version) -> DesiredState:
    """Write the desired state of a stage into a change and return it."""
    environment = made.project.policy.rollout.environment
    path = made.project.deployment(environment)
    state = next_state(
        read_state(path),
        stage,
        challenger=Route(version=version.number, bundle=version.bundle),
        share=made.project.policy.rollout.canary_share,
    )
    write_state(path, state)
    return state


def publish(
    made: Change,
    *,
    title: str,
    body: str,
    labels: tuple[str, ...],
    rows_here: bool = False,
    progress: Progress,
) -> PullRequest:
    """Push a change and open its pull request.

    `rows_here` says that it can only be judged on this machine, where a pull request's own run never is: checks are
    then started whoever opens it.
    """
    forge = open_forge(made.origin)
    forge.push(made.project.root, made.branch)
    # Before the pull request is there: a run that dies in between is repeated whole, and none is left without checks.
    if (rows_here or starts_no_checks()) and forge.start(CHECKS, branch=made.branch):
        progress(f"{CHECKS} is started on {made.branch}")
    pull = forge.propose(branch=made.branch, title=title, body=body, labels=labels)
    progress(f"pull request #{pull.number}: {title}")
    return pull


def starts_no_checks() -> bool:
    """Whether pull requests opened from here start no workflow by themselves: GitHub's rule for a workflow's own token,
    so that workflows do not set each other off for ever. A GitHub App's token is another's."""
    return os.environ.get("GITHUB_ACTIONS") == "true" and os.environ.get("TRUNKLINE_TOKEN") != "app"


def phrase(stage: str, state: DesiredState) -> str:
    """Return in words what a stage does with a version."""
    if stage == "canary":
        return f"as canary for {state.share:.0%} of users"
    return {"silent": "sees every request in silence", "single": "answers everyone"}[stage]


def describe_stage(state: DesiredState, stage: str, version: Version, evidence: str) -> str:
    """Return the body of a promotion's pull request: what merging does, how to go back, and the evidence."""
    champion = f"version {state.champion.version}" if state.champion else "nothing"
    effect = {
        "single": f"Version {version.number} answers every request.",
        "silent": f"{champion.capitalize()} goes on answering; version {version.number} sees every request, "
        "its answers are logged and never returned.",
        "canary": f"{state.share:.0%} of users get version {version.number}, always the same ones; "
        f"the others stay with {champion}.",
    }[stage]
    lines = [effect, "", f"Bundle `{short(version.bundle)}`. Reverting the merge goes back."]
    return "\n".join([*lines, "", evidence] if evidence else lines)
