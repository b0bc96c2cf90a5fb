"""The prediction log of an environment, wherever its policy says that it lies."""

from __future__ import annotations

import os

from trunkline.core.project import Project

from .compaction import compact
from .copies import LogCopy, segments_of
from .reader import LogReader
from .stores import open_store

VARIABLE = "TRUNKLINE_LOG_STORE"
"""Names the store instead of the policy: on a machine that reaches it by another address."""


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


def copy_of(project: Project, environment: str) -> LogCopy | None:
    """Return this machine's copy of the log's store; None where the log's own folder is here, or nowhere else."""
    address = os.environ.get(VARIABLE) or project.policy.serving.log.store
    # What is only tried is not shipped.
    if not address or environment not in project.environments():
        return None
    store = open_store(address, environment, os.environ)
    if not store.writable and project.predictions(environment).is_dir():
        return None
    return LogCopy(store, project.work / "copies" / environment)


def tidy_log(project: Project, environment: str) -> None:
    """Compact the log where it lies.

    Raises StorageError or UnavailableError when it cannot be read or written.
    """
    copy = copy_of(project, environment)
    if copy is None:
        compact(project.predictions(environment))
    elif copy.store.writable:
        copy.change(lambda folder: compact(folder, open_too=False))
