"""History: what was done to an environment, line by line, and since when a stage lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from trunkline.core.line_log import append
from trunkline.core.release import Deployment, Release


def read_history(path: Path) -> tuple[Deployment, ...]:
    """Return what was done to an environment, oldest first; empty when nothing was.

    A last line without an end (apply was killed while writing it) is passed over. Raises StorageError otherwise.
    """
    return Deployment.read_lines(path) if path.exists() else ()


def write_down(history: Path, deployment: Deployment) -> Deployment:
    """Append a deployment to a history and return it."""
    append(history, [deployment])
    return deployment


def stage_since(rows: Sequence[Deployment], release: Release) -> datetime | None:
    """Return when the stage that `release` is in began, by the history of deployments; None where it is not in there.

    The same versions under another revision, or started again after a stop, are the same stage.
    """
    since = None
    for row in reversed(rows):
        if row.outcome != "applied" or row.release is None:
            continue
        if _stage(row.release) != _stage(release):
            break
        since = row.since or row.time
    return since


def _stage(release: Release) -> tuple[object, ...]:
    challenger = release.challenger.bundle if release.challenger else ""
    return release.strategy, release.champion.bundle, challenger, release.share
