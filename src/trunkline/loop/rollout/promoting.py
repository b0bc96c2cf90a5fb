"""Promote: propose the desired state in which a version has its next stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trunkline.core.errors import PolicyError
from trunkline.core.lineage import Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, next_state, read_state, state_before, write_state
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.publishing import flat, publish
from trunkline.loop.changes.work_tree import Change, change
from trunkline.loop.versions.named import asked_version, bring_card_back
from trunkline.measure.wording import percent

from .callers import caller_notice
from .deploying import takes_image
from .recognising import own_pull

PROMOTION, ROLLBACK = "promotion", "rollback"
"""The labels of the pull requests of the next stage and of the way back."""


def propose_next_stage(
    project: Project,
    stage: str,
    *,
    number: int = 0,
    image: str = "",
    share: float = 0.0,
    progress: Progress,
) -> PullRequest:
    """Open the pull request for a stage of version `number`, by default the challenger or the newest version.

    Raises PolicyError when the move is not possible now, NotFoundError when main names no such version.
    `image` is by digest what carries it, where the target runs images and its own does not.
    """
    state = read_state(project.deployment(project.policy.rollout.environment))
    if stage == "back":
        return propose_back(project, state, progress=progress)
    challenger = state.challenger
    if challenger is not None and not number:
        version = Version(number=challenger.version, bundle=challenger.bundle)
    else:
        version = asked_version(project, number)

    def with_card(made: Change) -> None:
        bring_card_back(made.project, version.number)

    share = share or (project.policy.rollout.canary_after(state.share) if stage == "canary" else 0.0)
    return propose_stage(
        project, stage, version=version, image=image, share=share, prepare=with_card, progress=progress
    )


def propose_stage(
    project: Project,
    stage: str,
    *,
    version: Version,
    image: str = "",
    share: float = 0.0,
    evidence: str = "",
    prepare: Callable[[Change], object] = lambda _: None,
    progress: Progress,
) -> PullRequest:
    """Open the pull request that brings a version to a stage; a canary with no `share` gets the policy's next one.

    `image`, by digest, carries it where the target runs images. `evidence` is Markdown for its body;
    `prepare` may put more files into the change, as the version's card.
    """
    environment = project.policy.rollout.environment
    branch = branch_of(read_state(project.deployment(environment)), stage, version.number, share)
    with change(project, branch) as made:
        before = read_state(made.project.deployment(environment))
        state = write_stage(made, stage, version, image, share)
        notice = caller_notice(project, before.champion, state.champion, state.challenger, progress=progress)
        prepare(made)
        title = f"{environment}: version {version.number} {phrase(stage, state)}"
        made.commit(title)
        body = describe_stage(state, stage, version, evidence, notice=notice)
        return publish(
            made, title=title, body=body, labels=("trunkline", PROMOTION), evade=True, progress=progress
        )


def propose_back(
    project: Project,
    state: DesiredState,
    *,
    evidence: str = "",
    reason: str = "A person takes it back.",
    progress: Progress,
) -> PullRequest:
    """Open the pull request after which the champion answers alone again; an open one gets new evidence.

    Raises PolicyError when there is no challenger.
    """
    before = state_before(state)
    champion, challenger = state.champion, state.challenger
    version, digest = (challenger.version, challenger.bundle) if challenger else (0, "")
    number = champion.version if champion else 0
    branch = back_branch(state)
    title = f"Roll back {state.environment}: version {number} answers alone again"
    body = (
        f"Version {version} (bundle `{short(digest)}`) leaves the {state.strategy} stage; "
        f"version {number} answers everyone, as before. Merging takes it back, closing keeps it.\n\n{evidence}"
    )
    labels = ("trunkline", ROLLBACK)
    forge = open_forge(project)
    if (known := own_pull(project, forge, branch, before)) is not None:
        if not evidence:
            return known
        return forge.propose(branch=known.branch, title=title, body=body, labels=labels)
    with change(project, branch) as made:
        write_state(made.project.deployment(state.environment), before)
        made.commit(f"{title}\n\n{reason}")
        return publish(made, title=title, body=body, labels=labels, evade=True, progress=progress)


def back_branch(state: DesiredState) -> str:
    """Return the branch that takes the challenger of a state back."""
    return f"rollback/{state.environment}/v{state.challenger.version if state.challenger else 0}-{state.strategy}"


def promotes(pull: PullRequest, state: DesiredState, number: int) -> bool:
    """Whether a pull request brings a version to whichever stage, by its branch."""
    beginning = f"promote/{state.environment}/v{number}-"
    return pull.branch.startswith((beginning, flat(beginning)))


def branch_of(state: DesiredState, stage: str, number: int, share: float) -> str:
    """Return the branch that brings a version to a stage; a canary that grows has its share in the name."""
    grown = f"-{100 * share:g}" if stage == "canary" and state.strategy == "canary" else ""
    return f"promote/{state.environment}/v{number}-{stage}{grown}"


def write_stage(
    made: Change, stage: str, version: Version, image: str = "", share: float = 0.0
) -> DesiredState:
    """Write the desired state of a stage into a change and return it.

    Raises PolicyError when the target runs images and none is known to carry the version.
    """
    policy = made.project.policy.rollout
    environment = policy.environment
    path = made.project.deployment(environment)
    before = read_state(path)
    route = Route(version=version.number, bundle=version.bundle)
    state = next_state(before, stage, challenger=route, share=share or policy.canary_after(before.share))
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
