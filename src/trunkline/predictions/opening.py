"""The prediction log of an environment, wherever its policy says that it lies."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.core.errors import StorageError
from trunkline.core.project import Project

from .compaction import compact
from .copies import segments_of
from .forgetting import forget
from .ground_truth import record_truth
from .hourly import TELEMETRY, TRUTH, finished, hourly_files, hourly_name
from .reader import LogReader
from .records import GroundTruth
from .retention import expire
from .segments import TRIES
from .telemetry import Telemetry, read_telemetry
from .whereabouts import copy_of

TELEMETRY_KEPT = timedelta(days=90)
TELEMETRY_READ = timedelta(days=14)
SAMPLES = 5000
"""Of telemetry that are read: three days and a half."""


def open_log(project: Project, environment: str) -> LogReader:
    """Return what reads the log of an environment.

    Raises StorageError or UnavailableError where its store cannot be opened.
    """
    folder = project.predictions(environment)
    copy = copy_of(project, environment)
    return (
        LogReader(folder)
        if copy is None
        else LogReader(folder, lambda since: segments_of(folder, copy, since))
    )


def open_truth(project: Project, environment: str) -> tuple[Path, ...]:
    """Return the files of an environment's ground truth, brought here: what people told, and what the service was told.

    Raises StorageError or UnavailableError where the log's store cannot be opened.
    """
    folders = [project.predictions(environment)]
    if copy := copy_of(project, environment):
        # Truth may come long after the answer, and is brought whatever its time.
        copy.bring(datetime.now(UTC))
        folders.append(copy.folder)
    return (project.truth(environment), *hourly_files(folders, TRUTH))


def open_telemetry(project: Project, environment: str, now: datetime) -> tuple[Telemetry, ...]:
    """Return the newest telemetry of an environment's service, the oldest sample first.

    Raises StorageError or UnavailableError where the log's store cannot be opened.
    """
    folders = [project.predictions(environment)]
    if copy := copy_of(project, environment):
        copy.bring(now - TELEMETRY_READ)
        folders.append(copy.folder)
    return read_telemetry(folders, SAMPLES)


def tell_truth(project: Project, environment: str, truths: Iterable[GroundTruth]) -> None:
    """Record ground truth where every reader of the log finds it: in its store, else on this machine.

    Raises StorageError where it cannot be written, UnavailableError where the store does not answer.
    """
    copy = copy_of(project, environment)
    if copy is None:
        record_truth(project.truth(environment), truths)
    elif copy.store.writable:
        copy.store.put(
            hourly_name(datetime.now(UTC), TRUTH), "".join(each.line() for each in truths).encode()
        )
    else:
        raise StorageError(
            f"The log of {environment} can only be read from here, and its ground truth lies beside it.",
            next_step="POST it to /feedback of the service, or run the same verb where the service runs",
        )


def tidy_log(project: Project, environment: str, now: datetime) -> int:
    """Compact the log where it lies, delete what the policy no longer keeps, and return how many answers went.

    Raises StorageError or UnavailableError when it cannot be read or written.
    """
    days = project.policy.serving.log.keep_days
    gone = 0

    def tidy(folder: Path, *, own: bool) -> None:
        nonlocal gone
        if days:
            gone += expire(folder, project.truth(environment), now - timedelta(days=days))
        compact(folder, open_too=own)
        for path in hourly_files([folder], TELEMETRY):
            if finished(path.name, now - TELEMETRY_KEPT):
                path.unlink(missing_ok=True)

    copy = copy_of(project, environment)
    if copy is None or not copy.store.writable:
        tidy(project.predictions(environment), own=True)
    else:
        copy.change(lambda folder: tidy(folder, own=False))
    return gone


def forget_user(project: Project, environment: str, names: Collection[str]) -> tuple[str, ...]:
    """Take a user out of the log where it lies, and out of the ground truth; return the ids of the answers.

    Raises StorageError where a file cannot be written, or the log only on the machine that serves.
    """
    copy = copy_of(project, environment)
    if copy is not None and not copy.store.writable:
        raise StorageError(
            f"The log of {environment} can only be changed on the machine that serves.",
            next_step="run the same verb there",
        )
    truth = project.truth(environment)
    # What this machine's own service has not shipped comes first: it would be shipped after.
    gone = set(forget(project.predictions(environment), truth, names))
    for _ in range(TRIES):
        if copy is None or not open_log(project, environment).answers_of(names):
            return tuple(sorted(gone))
        copy.change(lambda folder: gone.update(forget(folder, truth, names)))
    raise StorageError(
        f"The prediction log of {environment} changes faster than a user can be taken out.",
        next_step="try again",
    )
