"""Evidence: what the two versions of a stage did, from the prediction log and the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.policy.rollout import Rollout
from trunkline.core.release import Release
from trunkline.measure.intervals import quantile_interval
from trunkline.measure.metrics import Metric
from trunkline.measure.quality import measure_quality
from trunkline.measure.users import UserShare, numbered
from trunkline.predictions import Failure, LogWindow, Prediction
from trunkline.predictions.labelled import Truths, label_answers, logged_answers
from trunkline.tasks import Task, silent_before, task_of

from .comparing import ArmRows, compare, share_at_every_look
from .stage import ArmFigures, StageEvidence, Unseen

Apart = Callable[[Sequence[Prediction], Sequence[Prediction]], Figure | None]
"""Says how far the answers of two versions lie apart; monitoring can."""


@dataclass(frozen=True)
class Stage:
    """What serves, and since when it has been this stage."""

    release: Release
    since: datetime


@dataclass(frozen=True)
class Answers:
    """What the versions of a stage did: the champion's to users, the challenger's to users or in silence."""

    champion: tuple[Prediction, ...]
    challenger: tuple[Prediction, ...]
    failed: tuple[Failure, ...] = ()
    """Rows that either was asked about and did not answer; a challenger's failure is not the user's."""
    refused: int = 0


def split_answers(window: LogWindow, stage: Stage) -> Answers:
    """Return the answers and failures of a stage."""
    release = stage.release
    silent = release.strategy == "silent"
    challenger = release.challenger.bundle if release.challenger else ""
    arm = "silent" if silent else "challenger"
    own = {("champion", release.champion.bundle), (arm, challenger)}

    def of_stage(rows: Sequence[Prediction], arm: str, bundle: str) -> tuple[Prediction, ...]:
        return tuple(
            row for row in rows if row.time >= stage.since and row.arm == arm and row.bundle == bundle
        )

    return Answers(
        champion=of_stage(window.predictions, "champion", release.champion.bundle),
        challenger=of_stage(window.silent if silent else window.predictions, arm, challenger),
        failed=tuple(
            row for row in window.failures if row.time >= stage.since and (row.arm, row.bundle) in own
        ),
        refused=sum(row.time >= stage.since for row in window.rejections),
    )


def measure_stage(
    stage: Stage,
    answers: Answers,
    truth: Truths,
    contract: Contract,
    apart: Apart,
    *,
    policy: Rollout,
    metric: Metric,
    minimum_labelled: int,
    silence_hours: float,
    now: datetime,
) -> StageEvidence:
    """Return a stage in figures; a metric that has no value on the rows that there are is left out.

    Raises DataError when an outcome is none that the contract knows, ProjectError when the project's metric raises.
    """
    release, task = stage.release, task_of(contract)
    silent = release.strategy == "silent"
    pairs = _pairs(answers) if silent else ()
    own, other = answers.challenger, answers.champion
    if silent:  # the same requests on both sides, in the same order
        own = tuple(own.model_copy(update={"time": answer.time}) for own, answer in pairs)
        other = tuple(answer for _, answer in pairs)

    before = silent_before(contract, now, silence_hours)

    def arm(rows: tuple[Prediction, ...], champion: bool) -> tuple[ArmRows, tuple[Failure, ...]]:
        failed = tuple(
            row for row in answers.failed if row.reason == "failed" and (row.arm == "champion") == champion
        )
        labelled = label_answers(rows, truth, contract, task, before=before).paired
        users = [row.user or None for row in rows] + [row.user or None for row in failed]
        did = np.arange(len(users)) < len(rows)
        quick = [row.latency_ms <= policy.latency_p95_ms for row in rows]
        enough = labelled.rows >= minimum_labelled
        share, pace = UserShare.of(did, users), UserShare.of(quick, users[: len(rows)])
        return ArmRows(share, pace, labelled, enough), failed

    (ours, our_failures), (theirs, their_failures) = arm(own, False), arm(other, True)
    enough = ours.enough and theirs.enough

    def figures(version: int, rows: tuple[Prediction, ...], made: ArmRows, failed: int) -> ArmFigures:
        milliseconds = [row.latency_ms for row in rows]
        return ArmFigures(
            version=version,
            answers=len(rows),
            users=len(made.answered.rows),
            failures=failed,
            slow=int((made.quick.rows - made.quick.hits).sum()),
            p95_ms=quantile_interval(milliseconds, 0.95)[0] if rows else None,
            labelled=made.labelled.rows,
            quality=_quality(made, metric) if enough else None,
        )

    challenger = release.challenger or release.champion
    compared = compare(ours, theirs, policy, metric, same_rows=silent)
    named = [row.user for row in (*answers.champion, *answers.challenger)] + [
        row.user for row in answers.failed
    ]
    return StageEvidence(
        environment=release.environment,
        strategy="silent" if silent else "canary",
        share=release.share,
        since=stage.since,
        until=now,
        champion=figures(release.champion.version, other, theirs, len(their_failures)),
        challenger=figures(challenger.version, own, ours, len(our_failures)),
        refused=answers.refused,
        nameless=named.count(""),
        named=len(named) - named.count(""),
        unseen=_unseen(answers, pairs, policy) if silent and answers.champion else None,
        why_unseen=_why_unseen(answers.failed),
        answered=compared.answered,
        quick=compared.quick,
        agreement=_agreement(pairs, task, contract, policy) if task.repeats else None,
        shift=apart(own, other),
        metric=metric.name,
        labels_missing=max(0, minimum_labelled - min(ours.labelled.rows, theirs.labelled.rows)),
        difference=compared.quality,
        scale=compared.scale,
    )


def _pairs(answers: Answers) -> tuple[tuple[Prediction, Prediction], ...]:
    """Return each silent answer with the answer that the user got, by the answers' time."""
    silent = {row.answered: row for row in answers.challenger}
    return tuple((silent[answer.id], answer) for answer in answers.champion if answer.id in silent)


def _unseen(answers: Answers, pairs: Sequence[tuple[Prediction, Prediction]], policy: Rollout) -> Figure:
    seen = {answer.id for _, answer in pairs}
    unseen = np.array([answer.id not in seen for answer in answers.champion])
    users = numbered(answer.user or None for answer in answers.champion)
    return share_at_every_look(unseen, users, policy, name="unseen")


def _why_unseen(failed: Sequence[Failure]) -> Unseen:
    refused = [row for row in failed if row.reason == "refused"]
    fields = tuple(sorted({name for row in refused for name in row.fields}))
    dropped = sum(row.reason == "dropped" for row in failed)
    return Unseen(refused=len(refused), fields=fields, dropped=dropped)


def _agreement(
    pairs: Sequence[tuple[Prediction, Prediction]], task: Task, contract: Contract, policy: Rollout
) -> Figure | None:
    if not pairs:
        return None
    one, two = (logged_answers(side, contract, task) for side in zip(*pairs, strict=True))
    users = numbered(answer.user or None for _, answer in pairs)
    return share_at_every_look(~task.apart(two, one).other, users, policy, name="agreement")


def _quality(made: ArmRows, metric: Metric) -> Figure | None:
    try:
        return measure_quality(made.labelled, metric)
    except ValueError:
        return None
