"""What changes the world runs from main only: somebody may start a workflow on a branch that nobody reviewed."""

from __future__ import annotations

from ..effects import acts
from ..finding import Remarks
from ..repository import Repository
from ..scenario import OTHER_BRANCH, OTHER_PUSH, job_runs


def check(repository: Repository) -> Remarks:
    """Yield each job that acts and may run from another branch."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for scenario in (OTHER_BRANCH, OTHER_PUSH):
                if acts(job) and job_runs(workflow, job, scenario):
                    event = scenario["github.event_name"]
                    yield workflow, job.line, f"job {job.key} acts, and {event} runs it on any branch"
