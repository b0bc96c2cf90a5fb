"""A job that hangs ends by itself."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of

LONGEST = 120
"""Minutes: what takes longer is broken, or is no work for a runner that everybody shares."""


def check(repository: Repository) -> Remarks:
    """Yield each job without a timeout, or with one that is none."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            given = job.tree.get("timeout-minutes")
            if given is None and "uses" not in job.tree:
                yield workflow, job.line, f"job {job.key} has no timeout-minutes"
            elif isinstance(given, int) and given > LONGEST:
                line = line_of(job.tree, "timeout-minutes")
                yield workflow, line, f"{given} minutes are more than {LONGEST}"
