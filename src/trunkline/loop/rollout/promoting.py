"""Promote: propose the desired state in which a version has its next stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trunkline.core.errors import PolicyError
from trunkline.core.lineage import Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, next_state, read_state, write_state
from trunkline.forge import PullRequest
from trunkline.loop.changes.publishing import publish
from trunkline.loop.changes.work_tree import Change, change
from trunkline.loop.versions.named import asked_version, bring_card_back
from trunkline.measure.wording import percent

from .callers import caller_notice
from .deploying import takes_image


def propose_next_stage(
    project: Project, stage: str, *, number: int = 0, image: str = "", progress: Progress
) -> PullRequest:
    """Open the pull request for a stage of version `number`, by default the challenger or the newest version.

    Raises PolicyError when the move is not possible now, NotFoundError when main names no such version.
    `image` is by digest what carries it, where the target runs images and its own does not.
    """
    challenger = read_state(project.deployment(project.policy.rollout.environment)).challenger
    if challenger is not None and not number:
        version = Version(number=challenger.version, bundle=challenger.bundle)
    else:
        version = asked_version(project, number)

    def with_card(made: Change) -> None:
        bring_card_back(made.project, version.number)

    return propose_stage(project, stage, version=version, image=image, prepare=with_card, progress=progress)


def propose_stage(
    project: Project,
    stage: str,
    *,
    version: Version,
    image: str = "",
    evidence: str = "",
    prepare: Callable[[Change], object] = lambda _: None,
    progress: Progress,
) -> PullRequest:
    """Open the pull request that brings a version to a stage.

    `image`, by digest, carries it where the target runs images. `evidence` is Markdown for its body;
    `prepare` may put more files into the change, as the version's card.
    """
    environment = project.policy.rollout.environment
    branch = f"promote/{environment}/v{version.number}-{stage}"
    with change(project, branch) as made:
        before = read_state(made.project.deployment(environment))
        state = write_stage(made, stage, version, image)
        notice = caller_notice(project, before.champion, state.champion, state.challenger, progress=progress)
        prepare(made)
        title = f"{environment}: version {version.number} {phrase(stage, state)}"
        made.commit(title)
        body = describe_stage(state, stage, version, evidence, notice=notice)
        return publish(made, title=title, body=body, labels=("trunkline", "promotion"), progress=progress)


def write_stage(made: Change, stage: str, version: Version, image: str = "") -> DesiredState:
    """Write the desired state of a stage into a change and return it.

    Raises PolicyError when the target runs images and none is known to carry the version.
    """
    environment = made.project.policy.rollout.environment
    path = made.project.deployment(environment)
    before = read_state(path)
    route = Route(version=version.number, bundle=version.bundle)
    share = made.project.policy.rollout.canary_share
    state = next_state(before, stage, challenger=route, share=share)
    if takes_image(made.project, environment):
        carried = before.image if version.bundle in {each.bundle for each in before.routes} else ""
        if not (image := image or carried):
            raise PolicyError(
                f"No image is known that carries version {version.number}, and {environment} runs images"
                f" (target.kind: {state.target.kind}).",
                next_step=f"VERSION={version.number} PUSH=<registry>/<name> make image, then trunkline promote"
                f" --stage {stage} --version {version.number} --image <what it says>",
            )
        state = state.in_image(image)
    write_state(path, state)
    return state


def phrase(stage: str, state: DesiredState) -> str:
    """Return in words what a stage does with a version."""
    if stage == "canary":
        return f"as canary for {percent(state.share)} of users"
    return {"silent": "sees every request in silence", "single": "answers everyone"}[stage]


def describe_stage(
    state: DesiredState, stage: str, version: Version, evidence: str, *, notice: Sequence[str] = ()
) -> str:
    """Return the body of a promotion's pull request: what merging does, how to go back, and the evidence.

    `notice` is what callers must or may do then.
    """
    champion = f"version {state.champion.version}" if state.champion else "nothing"
    effect = {
        "single": f"Version {version.number} answers every request.",
        "silent": f"{champion.capitalize()} goes on answering; version {version.number} sees every request, "
        "its answers are logged and never returned.",
        "canary": f"{percent(state.share)} of users get version {version.number}, always the same ones; "
        f"the others stay with {champion}.",
    }[stage]
    lines = [effect, "", f"{name_in_body(version.bundle)} Reverting the merge goes back."]
    if notice:
        lines += ["", "### For callers", "", *notice]
    return "\n".join([*lines, "", evidence] if evidence else lines)


def name_in_body(digest: str) -> str:
    """Return the words by which a promotion's pull request names its bundle."""
    return f"Bundle `{short(digest)}`."
