"""Advance: judge the challenger of a stage on live traffic, and propose the next stage or the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from trunkline import monitoring, rollout
from trunkline.core.errors import PolicyError, TrunklineError
from trunkline.core.lineage import Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.release import Deployment, Release, Route
from trunkline.delivery import (
    DesiredState,
    next_state,
    read_state,
    state_before,
)
from trunkline.forge import Forge, PullRequest, open_forge
from trunkline.loop.changes.publishing import bears
from trunkline.loop.changes.taken_back import stage_taken_back
from trunkline.loop.model.watched import watched_metric
from trunkline.loop.versions.bundles import bundle_of
from trunkline.predictions.ground_truth import events_of
from trunkline.predictions.opening import open_log, open_truth
from trunkline.rollout import Stage, measure_stage, split_answers

from .assigned import assigned, require_log, stage_began
from .automatic import let_merge, show_judgement
from .callers import caller_notice
from .deploying import desired_release, nothing_serves, switch_words, switched_off
from .promoting import (
    PROMOTION,
    ROLLBACK,
    back_branch,
    branch_of,
    describe_stage,
    phrase,
    propose_back,
    propose_stage,
)
from .recognising import own_pull
from .switching import switch_off, switch_on
from .undecided import close_asked, keep_asking

NAMELESS = "no request named its user, so one caller may have sent them all"
INVENTED = "a caller may invent users, unless rollout.trusted_callers says that none does"
NOT_IN_REACH = "The kill switch was not thrown: nothing that this machine deployed serves."


@dataclass(frozen=True)
class Advanced:
    """What was decided, in words, with the judgement and the pull request where there is one."""

    said: str
    advice: rollout.Advice | None = None
    pull_request: PullRequest | None = None


def advance(project: Project, environment: str, *, progress: Progress) -> Advanced:
    """Judge the challenger that serves beside the champion, and open or update the pull request that follows.

    Raises NotFoundError when nothing serves, PolicyError when the rollout policy is not about this environment.
    """
    _require_rollout(project, environment)
    serves = assigned(project, environment)
    if serves is None:
        raise nothing_serves(project, environment, then="advance again")
    require_log(project, environment)
    release = serves.release
    state = read_state(project.deployment(environment))
    # From elsewhere the machine that serves cannot be asked.
    desired = desired_release(project, environment) if serves.here else None
    if off := switched_off(project, environment, desired):
        return _while_off(project, state, off, progress=progress)
    if not _same(state, release):
        said = f"{environment} does not serve what is merged yet: run `trunkline deploy {environment}` first."
        return Advanced(said=said)
    if release.challenger is None:
        said = f"Version {release.champion.version} answers alone: there is nothing to judge."
        close_asked(open_forge(project), environment, comment=said)
        return Advanced(said=said)
    since = stage_began(project, environment, serves)
    if since is None:
        unknown = (
            f"The history of {environment} does not say when the stage began: deploy it again."
            if serves.here
            else f"The log of {environment} has no answer of version {release.challenger.version} yet."
        )
        return Advanced(said=unknown)
    stage = Stage(release=release, since=since)
    evidence = _measure(project, environment, stage, progress=progress)
    evidence.write(project.monitoring(environment) / "stage.json")
    advice = rollout.advise(evidence, project.policy.rollout)
    trusted = project.policy.rollout.trusted_callers
    against = NAMELESS if not evidence.named else "" if trusted else INVENTED
    report = rollout.stage_report(evidence, advice)
    return _act(project, state, stage, advice, report, against, progress=progress)


def _while_off(project: Project, state: DesiredState, off: Deployment, *, progress: Progress) -> Advanced:
    """Wait for the rollback to be merged; who closes it gives the challenger its traffic back, to be judged anew."""
    forge, branch = open_forge(project), back_branch(state)
    closed = _refused(forge, branch, ROLLBACK, off.time)
    if closed and own_pull(project, forge, branch, state_before(state)) is None:
        switch_on(project, state.environment, progress=progress)
        return Advanced(said=f"A person closed #{closed.number}: the challenger has its traffic again.")
    pull = propose_back(project, state, progress=progress)
    return Advanced(said=switch_words(off), pull_request=pull)


def _require_rollout(project: Project, environment: str) -> None:
    known = project.policy.rollout.environment
    if environment != known:
        raise PolicyError(
            f"The rollout policy moves the versions of {known}.",
            value=environment,
            next_step=f"trunkline rollout {known}",
        )


def _same(state: DesiredState, release: Release) -> bool:
    wanted = state.release(release.revision)
    return wanted is not None and wanted.model_copy(update={"salt": release.salt}) == release


def _measure(
    project: Project, environment: str, stage: Stage, *, progress: Progress
) -> rollout.StageEvidence:
    bundle = bundle_of(project, stage.release.champion, progress=progress)
    watching = project.policy.monitoring
    window = open_log(project, environment).between(since=stage.since)
    given = [row.answered or row.id for row in (*window.predictions, *window.silent)]
    reference = monitoring.Profile.read(bundle.folder / "profile.json")
    return measure_stage(
        stage,
        split_answers(window, stage),
        events_of(open_truth(project, environment), given),
        bundle.contract,
        lambda own, other: monitoring.answers_apart(own, other, reference, bundle.contract),
        policy=project.policy.rollout,
        metric=watched_metric(project, bundle.contract),
        minimum_labelled=watching.minimum_rows,
        silence_hours=watching.silence_hours,
        now=datetime.now(UTC),
    )


def _act(
    project: Project,
    state: DesiredState,
    stage: Stage,
    advice: rollout.Advice,
    report: str,
    against: str,
    *,
    progress: Progress,
) -> Advanced:
    forge = open_forge(project)
    challenger = stage.release.challenger or stage.release.champion
    forward = branch_of(state, advice.stage, challenger.version, advice.share)
    backward = back_branch(state)
    chosen = {"go on": forward, "go back": backward}.get(advice.action, "")
    show_judgement(project, forge, state, advice.action, report)
    issue = keep_asking(forge, stage, advice, report, hours=project.policy.rollout.patience_hours)
    if not chosen:
        asked = f" Issue #{issue} asks a person." if issue else ""
        return Advanced(said=f"{advice.action}: {advice.reason}{asked}", advice=advice)
    label = PROMOTION if advice.action == "go on" else ROLLBACK
    after = state_before(state)
    if chosen == forward:
        after = next_state(state, advice.stage, challenger=challenger, share=advice.share)
    own = own_pull(project, forge, chosen, after)
    if (closed := _refused(forge, chosen, label, stage.since)) and own is None:
        said = f"{advice.action}: a person closed #{closed.number} since the stage began, and it is not proposed again"
        return Advanced(said=said, advice=advice)
    if chosen == forward and (back := stage_taken_back(project, after)) and own is None:
        said = (
            f"{advice.action}: version {challenger.version} had that stage, and commit {back.commit[:12]} reverted it. "
            f"So it is not proposed again. `trunkline promote --stage {advice.stage}` does it all the same."
        )
        return Advanced(said=said, advice=advice)
    said = f"{advice.action}: {advice.reason}"
    if advice.action == "go back":
        if project.policy.rollout.kill_switch:
            words = _throw_switch(project, state, progress)
            report, said = f"{words}\n\n{report}", f"{said} {words}"
        pull = propose_back(project, state, evidence=report, reason=advice.reason, progress=progress)
        return Advanced(said=said, advice=advice, pull_request=pull)
    pull = _go_on(project, forge, state, after, own, challenger, advice, report, progress)
    said = " ".join(filter(None, [said, let_merge(project, pull, against=against)]))
    if advice.stage == "single":
        said = " ".join([said, *caller_notice(project, state.champion, challenger, None, progress=progress)])
    return Advanced(said=said, advice=advice, pull_request=pull)


def _throw_switch(project: Project, state: DesiredState, progress: Progress) -> str:
    """Take the challenger's traffic, and say so; that it fails must not keep the rollback from being proposed."""
    try:
        off = switch_off(project, state.environment, progress=progress)
    except TrunklineError as error:
        return f"The kill switch could not take its traffic: {error.what}"
    return switch_words(off) if off else NOT_IN_REACH


def _refused(forge: Forge, branch: str, label: str, since: datetime) -> PullRequest | None:
    """Return the pull request of this stage that a person closed."""
    closed = forge.pull_requests(state="closed", label=label)
    return next((pull for pull in closed if bears(pull, branch) and (pull.closed or since) > since), None)


def _go_on(
    project: Project,
    forge: Forge,
    state: DesiredState,
    after: DesiredState,
    own: PullRequest | None,
    challenger: Route,
    advice: rollout.Advice,
    report: str,
    progress: Progress,
) -> PullRequest:
    version = Version(number=challenger.version, bundle=challenger.bundle)
    if own is None:
        return propose_stage(
            project, advice.stage, version=version, share=advice.share, evidence=report, progress=progress
        )
    # The change is the same: pushing it again each hour would run its tests each hour.
    title = f"{state.environment}: version {challenger.version} {phrase(advice.stage, after)}"
    notice = caller_notice(project, state.champion, after.champion, after.challenger, progress=progress)
    body = describe_stage(after, advice.stage, version, report, notice=notice)
    pull = forge.propose(branch=own.branch, title=title, body=body, labels=("trunkline", PROMOTION))
    return pull.model_copy(update={"head": own.head})
