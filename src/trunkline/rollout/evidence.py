"""Evidence: what the two versions of a stage did, from the prediction log, the truth and the service's own log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.policy.delivery import Rollout
from trunkline.core.record import as_utc
from trunkline.core.release import Deployment, Release
from trunkline.measure.difference import difference
from trunkline.measure.intervals import quantile_interval
from trunkline.measure.metrics import Metric
from trunkline.measure.quality import measure_quality
from trunkline.measure.users import numbered
from trunkline.measure.worth import share_interval
from trunkline.predictions import GroundTruth, LogWindow, Prediction
from trunkline.predictions.labelled import Labelled, label_answers, logged_answers
from trunkline.tasks import Task, task_of

from .advice import level_of
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
    """The answers of a stage: the champion's to users, the challenger's to users or in silence."""

    champion: tuple[Prediction, ...]
    challenger: tuple[Prediction, ...]
    refused: int = 0


@dataclass(frozen=True)
class Failures:
    """Requests that a version failed on or did not answer, as the service's log tells."""

    champion: int = 0
    challenger: int = 0
    unseen: Unseen = field(default_factory=Unseen)
    """Why the challenger was not asked."""


def stage_since(rows: Sequence[Deployment], release: Release) -> datetime | None:
    """Return when the stage that `release` is in began, by the history of deployments; None where it is not in there.

    The same versions under another revision, or started again after a stop, are the same stage.
    """
    since = None
    for row in reversed(rows):
        if row.outcome != "applied" or row.release is None:
            continue
        if _identity(row.release) != _identity(release):
            break
        since = row.time
    return since


def _identity(release: Release) -> tuple[object, ...]:
    challenger = release.challenger.bundle if release.challenger else ""
    return release.strategy, release.champion.bundle, challenger, release.share


def split_answers(window: LogWindow, stage: Stage) -> Answers:
    """Return the answers of a stage by version."""
    release = stage.release
    beside = window.silent if release.strategy == "silent" else window.predictions
    challenger = release.challenger.bundle if release.challenger else ""
    arm = "silent" if release.strategy == "silent" else "challenger"
    return Answers(
        champion=tuple(
            row
            for row in window.predictions
            if row.time >= stage.since and row.arm == "champion" and row.bundle == release.champion.bundle
        ),
        challenger=tuple(
            row for row in beside if row.time >= stage.since and row.arm == arm and row.bundle == challenger
        ),
        refused=sum(row.time >= stage.since for row in window.rejections),
    )


def count_failures(newest_first: Iterable[bytes], since: datetime, release: Release) -> Failures:
    """Return the failures of a stage from the lines of the service's log, the newest first.

    A challenger's failure is not the user's: the champion answers in its place.
    """
    champion = challenger = refused = dropped = 0
    fields: set[str] = set()
    version = release.challenger.version if release.challenger else 0
    for line in newest_first:
        try:
            value = json.loads(line)
            time = as_utc(datetime.fromisoformat(value["time"]))
        except (ValueError, TypeError, KeyError):
            continue
        if time < since:
            break
        event, rows = value.get("event"), int(value.get("rows", 1))
        if event == "no answer" and value.get("version") == release.champion.version:
            champion += 1
        if value.get("version") != version:
            continue
        if event == "challenger failed":
            challenger += rows
        elif event == "challenger refused":
            refused += rows
            fields |= set(map(str, value.get("fields", ())))
        elif event == "challenger too slow":
            dropped += rows
    unseen = Unseen(refused=refused, fields=tuple(sorted(fields)), dropped=dropped)
    return Failures(champion=champion, challenger=challenger, unseen=unseen)


def measure_stage(
    stage: Stage,
    answers: Answers,
    failures: Failures,
    truth: Mapping[str, GroundTruth],
    contract: Contract,
    apart: Apart,
    *,
    policy: Rollout,
    metric: Metric,
    minimum_labelled: int,
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
    labelled = label_answers(own, truth, contract, task)
    beside = label_answers(other, truth, contract, task)
    enough = min(len(labelled), len(beside)) >= minimum_labelled
    level = level_of(policy)

    def figures(version: int, rows: tuple[Prediction, ...], failed: int, known: Labelled) -> ArmFigures:
        milliseconds = [row.latency_ms for row in rows]
        return ArmFigures(
            version=version,
            answers=len(rows),
            failures=failed,
            slow=sum(taken > policy.latency_p95_ms for taken in milliseconds),
            p95_ms=quantile_interval(milliseconds, 0.95)[0] if rows else None,
            labelled=len(known),
            quality=_or_none(lambda: measure_quality(known.paired, metric)) if enough else None,
        )

    challenger = release.challenger or release.champion
    return StageEvidence(
        environment=release.environment,
        strategy="silent" if silent else "canary",
        share=release.share,
        since=stage.since,
        until=now,
        champion=figures(release.champion.version, answers.champion, failures.champion, beside),
        challenger=figures(challenger.version, answers.challenger, failures.challenger, labelled),
        refused=answers.refused,
        unseen=len(answers.champion) - len(pairs) if silent else 0,
        why_unseen=failures.unseen,
        agreement=_agreement(pairs, task, contract, level) if task.repeats else None,
        shift=apart(own, other),
        metric=metric.name,
        difference=_or_none(
            lambda: difference(labelled.paired, beside.paired, metric, same_rows=silent, level=level)
        )
        if enough
        else None,
    )


def _pairs(answers: Answers) -> tuple[tuple[Prediction, Prediction], ...]:
    """Return each silent answer with the answer that the user got, by the answers' time."""
    silent = {row.answered: row for row in answers.challenger}
    return tuple((silent[answer.id], answer) for answer in answers.champion if answer.id in silent)


def _agreement(
    pairs: Sequence[tuple[Prediction, Prediction]], task: Task, contract: Contract, level: float
) -> Figure | None:
    if not pairs:
        return None
    one, two = (logged_answers(side, contract, task) for side in zip(*pairs, strict=True))
    same = ~task.apart(two, one).other
    users = numbered(answer.user or None for _, answer in pairs)
    span = share_interval(same, users, level)
    return Figure(name="agreement", value=float(same.mean()), rows=len(same), interval=span)


def _or_none(measure: Callable[[], Figure]) -> Figure | None:
    try:
        return measure()
    except ValueError:
        return None
