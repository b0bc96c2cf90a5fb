"""Retrain: train on the newest labelled rows, compare with the champion, and propose the new version."""

from __future__ import annotations

from trunkline import data
from trunkline.core.bundle import Bundle
from trunkline.core.errors import DataError, NotFoundError, PolicyError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, read_state
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.names import RETRAINING
from trunkline.loop.changes.publishing import publish
from trunkline.loop.changes.work_tree import change
from trunkline.loop.gates.judging import judge, require_pass
from trunkline.loop.gates.runs import NOT_RUN
from trunkline.loop.model.snapshots import locked_snapshot
from trunkline.loop.model.training import train
from trunkline.loop.release.cards import write_card
from trunkline.loop.rollout.promoting import describe_stage, name_in_body, write_stage
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.trained import register_trained

from .refusals import NothingNew, RetrainingWaits


def retrain(project: Project, environment: str, *, reason: str, progress: Progress) -> PullRequest:
    """Open the pull request of a version that was trained on the newest labelled rows.

    It changes `data.lock`, the card and the desired state together: merging it puts the version live.
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
        known = _known_rows(made.project, desired.champion, progress=progress)
        snapshot = data.take_snapshot(
            made.project, last=policy.retraining.rows, traffic=environment, progress=progress
        )
        _require_news(snapshot, known, desired.champion, policy.retraining.new_rows)
        data.write_lock(made.project, snapshot)
        made.commit(f"Retrain on snapshot {short(snapshot.digest)}\n\n{reason}")
        bundle, trained, _ = train(made.project, progress=progress)
        _require_another(made.origin, bundle, desired.champion)
        judged = judge(made.project, bundle, progress=progress)
        # The pull request's own run asks load and deepchecks.
        require_pass(judged, later=NOT_RUN)
        version = register_trained(project, bundle, trained, progress=progress)
        stage = policy.retraining.stage
        state = write_stage(made, stage, version)
        write_card(made.project, judged, version, trained.usage)
        title = f"Retrain: version {version.number} from {sum(snapshot.manifest.rows.values())} labelled rows"
        made.commit(title)
        evidence = judged.markdown.read_text(encoding="utf-8")
        body = f"{reason}\n\n{describe_stage(state, stage, version, evidence)}"
        return publish(
            made,
            title=title,
            body=body,
            labels=("trunkline", RETRAINING),
            progress=progress,
        )


def _known_rows(project: Project, champion: Route | None, *, progress: Progress) -> data.Snapshot | None:
    """Return the rows that the champion learned from and was tested on; None where they cannot be had here."""
    if champion is None:
        return None
    digest = bundle_of(project, champion, progress=progress).manifest.lineage.snapshot
    try:
        if data.read_lock(project).snapshot == digest:
            return locked_snapshot(project, progress=progress)
        return data.open_snapshot(project, digest)
    except (DataError, NotFoundError):
        return None


def _require_news(
    snapshot: data.Snapshot, known: data.Snapshot | None, champion: Route | None, least: int
) -> None:
    if known is None or champion is None or (new := snapshot.rows_not_in(known)) >= least:
        return
    raise NothingNew(
        f"Version {champion.version} knows all but {new} of these rows, and a retraining needs {least} new ones"
        " (retraining.new_rows).",
        next_step="wait for more ground truth",
    )


def _require_another(project: Project, bundle: Bundle, champion: Route | None) -> None:
    """Raise NothingNew when the bundle is the champion, or one whose pull request a person closed."""
    if champion is not None and champion.bundle == bundle.digest:
        raise NothingNew(
            f"Version {champion.version} learned from these very rows: there is nothing new to learn.",
            next_step="wait for more ground truth",
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
