"""History: what the project's own files say happened, gathered for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from trunkline.core.project import Project
from trunkline.core.release import Deployment
from trunkline.core.signals import Signal
from trunkline.core.verdicts import Evaluation
from trunkline.delivery import read_history
from trunkline.loop.rollout.deploying import history_file
from trunkline.loop.versions.named import numbers


@dataclass(frozen=True)
class Span:
    """A stretch of time in which a version had a part: `arm` is champion, canary or silent."""

    version: int
    arm: str
    share: float
    begin: datetime
    end: datetime


def deployments(project: Project, environment: str) -> tuple[Deployment, ...]:
    """Return what apply did to an environment, oldest first."""
    return read_history(history_file(project, environment))


def spans(rows: tuple[Deployment, ...], *, now: datetime | None = None) -> tuple[Span, ...]:
    """Return who served when; a deployment that went back leaves what served before."""
    steps = [row for row in rows if row.outcome != "went back"]
    last = now or datetime.now(UTC)
    pairs = ((row, steps[place].time if place < len(steps) else last) for place, row in enumerate(steps, 1))
    return tuple(span for row, end in pairs for span in _of(row, end))


def _of(row: Deployment, end: datetime) -> Iterator[Span]:
    release = row.release
    if release is None:
        return
    canary = release.strategy == "canary"
    yield Span(release.champion.version, "champion", 1 - release.share if canary else 1.0, row.time, end)
    if release.challenger is not None:
        arm = "canary" if canary else "silent"
        yield Span(release.challenger.version, arm, release.share, row.time, end)


def said(row: Deployment) -> str:
    """Return an outcome in words: an apply that failed is no rollback, which is a merged change like any other."""
    if row.outcome == "went back":
        return f"failed: {row.detail}" if row.detail else "failed"
    return "kill switch" if row.instead_of else row.outcome


@dataclass(frozen=True)
class Judgement:
    """A version (0 where main never named it) and what the gates said of it."""

    version: int
    evaluation: Evaluation


def judgements(project: Project) -> tuple[Judgement, ...]:
    """Return every evaluation on this machine, oldest first."""
    known = numbers(project)
    read = [Evaluation.read(path) for path in project.evaluations.glob("*/evaluation.json")]
    read.sort(key=lambda evaluation: evaluation.created)
    return tuple(Judgement(known.get(evaluation.bundle, 0), evaluation) for evaluation in read)


def watches(project: Project, environment: str) -> tuple[tuple[Signal, ...], ...]:
    """Return the signals of every watch, oldest first."""
    return tuple(Signal.read_lines(path) for path in sorted(project.monitoring(environment).glob("*.jsonl")))
