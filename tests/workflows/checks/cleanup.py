"""A step that must run after a failure still obeys whoever cancels the run."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each `always()` outside the required check, which alone has to run when all is cancelled."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            if "always()" in job.condition and job.key != "pass":
                yield (
                    workflow,
                    line_of(job.tree, "if"),
                    "always() runs in a cancelled run too: write !cancelled()",
                )
            for step in job.steps:
                if "always()" in step.condition:
                    line = line_of(step.tree, "if")
                    yield workflow, line, "always() runs in a cancelled run too: write !cancelled()"
