"""Retrain: train on the newest labelled rows, compare with the champion, and propose the new version."""

from __future__ import annotations

from collections.abc import Callable

from trunkline import data
from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, DataError, NotFoundError, PolicyError
from trunkline.core.markdown import plain
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.core.snapshots import DataLock, SnapshotManifest
from trunkline.delivery import DesiredState, read_state
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.names import RETRAINING
from trunkline.loop.changes.publishing import publish
from trunkline.loop.changes.taken_back import taken_back, version_taken_back
from trunkline.loop.changes.work_tree import change
from trunkline.loop.gates.judging import Judged, judge, previous_lock, require_pass
from trunkline.loop.gates.runs import NOT_RUN
from trunkline.loop.model.kept_rows import bring_rows, keep_rows
from trunkline.loop.model.snapshots import locked_snapshot
from trunkline.loop.model.training import train
from trunkline.loop.release.cards import write_card
from trunkline.loop.release.unasked import ask_unasked
from trunkline.loop.rollout.callers import caller_notice
from trunkline.loop.rollout.deploying import takes_image
from trunkline.loop.rollout.promoting import describe_stage, name_in_body, write_stage
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.trained import register_trained

from .last_watch import last_signals
from .refusals import NothingNew, RetrainingWaits


def retrain(
    project: Project,
    environment: str,
    *,
    reason: str,
    progress: Progress,
    told: Callable[[Judged], object] = lambda _: None,
) -> PullRequest:
    """Open the pull request of a version that was trained on the newest labelled rows.

    It changes `data.lock`, the card and the desired state together: merging it puts the version live, except where the
    target runs images, of which its merge makes one. `told` gets what
    the gates said, whatever they said.
    Raises RetrainingWaits while a challenger is being judged, NothingNew when there is nothing new to learn, and
    GateFailed or GateInconclusive when the new version does not pass the gates; nothing is proposed then.
    """
    policy = project.policy
    if environment != policy.rollout.environment:
        raise PolicyError(
            f"Retraining changes {policy.rollout.environment}, whose versions the rollout policy moves.",
            value=environment,
            next_step=f"trunkline retrain {policy.rollout.environment}",
        )
    with change(project, f"retrain/{environment}") as made:
        desired = read_state(made.project.deployment(environment))
        _require_room(desired, policy.retraining.stage)
        champion = bundle_of(made.project, desired.champion, progress=progress) if desired.champion else None
        snapshot = data.take_snapshot(
            made.project, last=policy.retraining.rows, traffic=environment, progress=progress
        )
        _require_news(made.project, snapshot, desired.champion, progress=progress)
        previous = previous_lock(made.project, champion)
        follows = _followed(made.project, environment, snapshot, previous, progress=progress)
        data.write_lock(made.project, snapshot, follows=follows)
        made.commit(f"Retrain on snapshot {short(snapshot.digest)}\n\n{reason}")
        bundle, trained, _ = train(made.project, progress=progress)
        _require_another(made.origin, environment, bundle, desired.champion)
        here = policy.data.rows != "repository"
        if here:
            ask_unasked(made.project, bundle.digest, root=project.root, progress=progress)
        judged = judge(made.project, bundle, progress=progress)
        told(judged)
        # Where the pull request's own run can read the rows, it asks load and deepchecks.
        require_pass(judged, later=() if here else NOT_RUN)
        keep_rows(project, snapshot.digest)
        version = register_trained(project, bundle, trained)
        stage = policy.retraining.stage
        # Where images are run, there is none of it before the merge: release.yml builds it then, and proposes it.
        imaged = takes_image(made.project, environment)
        state = desired if imaged else write_stage(made, stage, version)
        write_card(made.project, judged, version, trained)
        title = f"Retrain: version {version.number} from {sum(snapshot.manifest.rows.values())} labelled rows"
        made.commit(title)
        evidence = judged.markdown.read_text(encoding="utf-8")
        notice = caller_notice(project, desired.champion, state.champion, state.challenger, progress=progress)
        said = (
            f"{name_in_body(version.bundle)} Merging this builds its image, and opens the pull request that puts it"
            f" into {environment}.\n\n{evidence}"
            if imaged
            else describe_stage(state, stage, version, evidence, notice=notice)
        )
        rows = rows_in_words(snapshot.manifest, previous, desired.champion, policy.retraining.rows)
        return publish(
            made,
            title=title,
            body=f"{plain(reason)}\n\n{rows}\n\n{said}",
            labels=("trunkline", RETRAINING),
            progress=progress,
        )


def rows_in_words(
    now: SnapshotManifest, before: DataLock | None, champion: Route | None, cap: int | None
) -> str:
    """Return from how many rows a version was made, from how many the champion was, and what a cap left out."""
    total = sum(now.rows.values())
    words = (
        f"Made of {total:,} labelled rows: {now.sources.get('source', 0):,} of the project's source and "
        f"{now.sources.get('traffic', 0):,} answered requests."
    )
    if champion is not None and before is not None and before.rows:
        was = sum(before.rows.values())
        words += f" Version {champion.version} was made of {was:,}."
        if total < was:
            words += (
                f" **That is {was - total:,} rows fewer: the new version has seen less than the champion.**"
            )
            if cap is not None and total == cap:
                words += f" `retraining.rows: {cap}` keeps the newest; leave it out to learn from all."
    return words


def _followed(
    project: Project,
    environment: str,
    snapshot: data.Snapshot,
    previous: DataLock | None,
    *,
    progress: Progress,
) -> dict[str, str]:
    """Return the columns whose move live traffic shows too: by its labelled answers, or by the last data signal."""
    contract = snapshot.contract
    answered = data.load_traffic(project, environment, contract, progress=progress)
    found = data.moved_in_traffic(answered, contract, previous, project.policy.gates.data, origin=environment)
    for signal in last_signals(project, environment):
        if signal.kind == "data" and signal.state == "alarm":
            names = {column.name for column in contract.logged}
            found |= {one.subject: signal.fingerprint for one in signal.findings if one.subject in names}
    if found:
        progress(f"live traffic shows that {', '.join(sorted(found))} moved: this retraining follows it")
    return found


def _known_rows(project: Project, route: Route, *, progress: Progress) -> data.Snapshot | None:
    """Return the rows that a version learned from and was tested on; None where they cannot be had here."""
    try:
        digest = bundle_of(project, route, progress=progress).manifest.lineage.snapshot
        if data.read_lock(project).snapshot == digest:
            return locked_snapshot(project, progress=progress)
        bring_rows(project, digest)
        return data.open_snapshot(project, digest)
    except (BundleError, DataError, NotFoundError):
        return None


def _require_news(
    project: Project, snapshot: data.Snapshot, champion: Route | None, *, progress: Progress
) -> None:
    """Raise NothingNew unless the rows hold enough that neither the champion knows nor a version that people took back.

    Without the latter, one more row would bring back what a person has just reverted.
    """
    least = project.policy.retraining.new_rows
    asked = {champion.bundle: (champion, "")} if champion else {}
    for one in taken_back(project, project.policy.rollout.environment):
        for route in one.routes:
            asked.setdefault(route.bundle, (route, f", which commit {one.commit[:12]} reverted,"))
    for route, how in asked.values():
        known = _known_rows(project, route, progress=progress)
        if known is None or (new := snapshot.rows_not_in(known)) >= least:
            continue
        raise NothingNew(
            f"Version {route.version}{how} knows all but {new} of these rows, and a retraining needs {least} new "
            "ones (retraining.new_rows).",
            next_step=f"trunkline promote --stage single --version {route.version} proposes it again"
            if how
            else "wait for more ground truth",
        )


def _require_another(project: Project, environment: str, bundle: Bundle, champion: Route | None) -> None:
    """Raise NothingNew when the bundle is the champion, or people took it back or closed its pull request."""
    if champion is not None and champion.bundle == bundle.digest:
        raise NothingNew(
            f"Version {champion.version} learned from these very rows: there is nothing new to learn.",
            next_step="wait for more ground truth",
        )
    if back := version_taken_back(project, environment, bundle.digest):
        number = next(route.version for route in back.routes if route.bundle == bundle.digest)
        raise NothingNew(
            f"This very model was merged before, and commit {back.commit[:12]} reverted it.",
            next_step=f"read that commit; `trunkline promote --stage {back.state.strategy} --version {number}`"
            " proposes it again",
        )
    for pull in open_forge(project).pull_requests(state="closed", label=RETRAINING):
        if name_in_body(bundle.digest) in pull.body:
            raise NothingNew(
                f"#{pull.number} proposed this very model, and was closed.",
                next_step=f"reopen #{pull.number}, or wait for more ground truth",
            )


def _require_room(state: DesiredState, stage: str) -> None:
    """Raise RetrainingWaits unless a new version can have this stage beside what the desired state names."""
    if state.challenger is None or (state.strategy, stage) == ("silent", "silent"):
        return
    raise RetrainingWaits(
        f"Version {state.challenger.version} is being judged ({state.strategy}): a retraining waits for the outcome.",
        next_step="merge the pull request of its next stage or of the way back; rollout.yml opens it",
    )
