"""Release: register a judged bundle, write its card, and propose the desired state that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trunkline import data, evaluation
from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import short, write_atomically
from trunkline.core.records import Route, Version
from trunkline.delivery import DesiredState, next_state, read_state, write_state
from trunkline.forge import Forge, PullRequest, open_forge

from .change import Change, change
from .judging import Judged, Progress, judge, registry_of, require_pass, train


@dataclass(frozen=True)
class Released:
    """What a release did. `pull_request` is None when the version is served or proposed already."""

    judged: Judged
    version: Version
    pull_request: PullRequest | None


def release(project: Project, *, progress: Progress) -> Released:
    """Train or reuse, evaluate, register, write the card, and open the promotion's pull request.

    Raises GateFailed or GateInconclusive when a blocking gate says no; nothing is registered then.
    """
    bundle, trained, _ = train(project, progress=progress)
    judged = judge(project, bundle, progress=progress)
    require_pass(judged)
    version = registry_of(project).register(bundle, run=trained.run)
    progress(f"registered as version {version.number}")
    environment = project.policy.rollout.environment
    state = read_state(project.deployment(environment))
    if bundle.digest in {route.bundle for route in (state.champion, state.challenger) if route}:
        progress(f"version {version.number} is in deployments/{environment}.yaml already: nothing to propose")
        return Released(judged=judged, version=version, pull_request=None)
    stage = "single" if state.champion is None else project.policy.rollout.stages[0]
    pull = propose_stage(project, stage, version=version, judged=judged, progress=progress)
    return Released(judged=judged, version=version, pull_request=pull)


def propose_stage(
    project: Project,
    stage: str,
    *,
    version: Version,
    judged: Judged | None = None,
    progress: Progress,
) -> PullRequest:
    """Open the pull request that brings a version to a stage, with its card when it was just judged."""
    environment = project.policy.rollout.environment
    branch = f"promote/{environment}/v{version.number}-{stage}"
    with change(project, branch) as made:
        state = write_stage(made, stage, version)
        if judged is not None:
            write_card(made.project, judged, version)
        title = f"{environment}: version {version.number} {phrase(stage, state)}"
        made.commit(title)
        body = describe_stage(state, stage, version, judged)
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


def write_card(project: Project, judged: Judged, version: Version) -> Path:
    """Write a version's card and pictures under `model_cards/` and return the card's path."""
    folder = project.cards / f"v{version.number:04d}"
    snapshot = data.open_snapshot(project, judged.evaluation.snapshot)
    pictures = evaluation.card_pictures(
        judged.evaluation, judged.test, judged.champion, judged.bundle.contract
    )
    for name, picture in pictures.items():
        write_atomically(folder / name, picture)
    text = evaluation.card(
        judged.evaluation,
        judged.bundle.manifest,
        judged.bundle.contract,
        project.policy,
        version.number,
        snapshot.manifest,
    )
    path = folder / "README.md"
    write_atomically(path, text.encode())
    return path


def publish(
    made: Change, *, title: str, body: str, labels: tuple[str, ...], progress: Progress
) -> PullRequest:
    """Push a change and open its pull request."""
    forge: Forge = open_forge(made.origin)
    forge.push(made.project.root, made.branch)
    pull = forge.propose(branch=made.branch, title=title, body=body, labels=labels)
    progress(f"pull request #{pull.number}: {title}")
    return pull


def phrase(stage: str, state: DesiredState) -> str:
    """Return in words what a stage does with a version."""
    if stage == "canary":
        return f"as canary for {state.share:.0%} of users"
    return {"silent": "sees every request in silence", "single": "answers everyone"}[stage]


def describe_stage(state: DesiredState, stage: str, version: Version, judged: Judged | None) -> str:
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
    if judged is not None:
        lines += ["", judged.markdown.read_text(encoding="utf-8")]
    return "\n".join(lines)


def card_text(project: Project, number: int) -> str:
    """Return the card of a version.

    Raises NotFoundError when the version has no card in the checked-out commit.
    """
    path = project.cards / f"v{number:04d}" / "README.md"
    if not path.is_file():
        known = ", ".join(str(int(folder.name[1:])) for folder in sorted(project.cards.glob("v[0-9]*")))
        raise NotFoundError(
            f"Version {number} has no card in this commit.",
            next_step=f"cards here: {known or 'none'}; git pull",
        )
    return path.read_text(encoding="utf-8")
