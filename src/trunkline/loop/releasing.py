"""Release: register a judged bundle, write its card, and propose the desired state that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trunkline import data, evaluation
from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import write_atomically
from trunkline.core.records import Usage, Version
from trunkline.delivery import read_state
from trunkline.forge import PullRequest

from .judging import Judged, Progress, judge, require_pass, train
from .merged import require_merged
from .promoting import propose_stage
from .registered import registry_of


@dataclass(frozen=True)
class Released:
    """What a release did. `pull_request` is None when the version is served or proposed already."""

    judged: Judged
    version: Version
    pull_request: PullRequest | None


def release(project: Project, *, progress: Progress) -> Released:
    """Train or reuse, evaluate, register, write the card, and open the promotion's pull request.

    Raises ForgeError when the checked-out commit is not the forge's main, and GateFailed or GateInconclusive when a
    blocking gate says no; nothing is registered then.
    """
    require_merged(project)
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
    pull = propose_stage(
        project,
        stage,
        version=version,
        evidence=judged.markdown.read_text(encoding="utf-8"),
        prepare=lambda made: write_card(made.project, judged, version, trained.usage),
        progress=progress,
    )
    return Released(judged=judged, version=version, pull_request=pull)


def write_card(project: Project, judged: Judged, version: Version, usage: Usage) -> Path:
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
        pictures=sorted(pictures),
        usage=usage,
    )
    path = folder / "README.md"
    write_atomically(path, text.encode())
    return path


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
