"""Our own checks, for what GitHub's language service, zizmor, actionlint and shellcheck do not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..finding import Finding, Remarks
from ..repository import Repository
from . import (
    artifacts,
    branches,
    caches,
    cleanup,
    concurrency,
    documented,
    environments,
    identity,
    inputs,
    naming,
    outputs,
    permissions,
    pins,
    pipes,
    reach,
    required,
    rights,
    runners,
    schedules,
    scripts,
    strangers,
    targets,
    timeouts,
    tokens,
)

MODULES = (
    artifacts,
    branches,
    caches,
    cleanup,
    concurrency,
    documented,
    environments,
    identity,
    inputs,
    naming,
    outputs,
    permissions,
    pins,
    pipes,
    reach,
    required,
    rights,
    runners,
    schedules,
    scripts,
    strangers,
    targets,
    timeouts,
    tokens,
)
CHECKS: dict[str, Callable[[Repository], Remarks]] = {
    module.__name__.rpartition(".")[2]: module.check for module in MODULES
}


def run(repository: Repository) -> Iterator[Finding]:
    """Yield what our own checks have against a repository."""
    for name, check in CHECKS.items():
        for workflow, line, message in check(repository):
            yield Finding(str(repository.folder), workflow.file, line, "own", name, message)
