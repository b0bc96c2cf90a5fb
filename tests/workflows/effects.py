"""What a job can change outside its own run."""

from __future__ import annotations

from .workflow import Job, Workflow

READS = "data"
"""The environment whose secret reads rows, and changes nothing."""
HARMLESS = frozenset({"pull-requests", "checks", "statuses", "security-events"})
"""Write permissions that change no code, no release, no deployment: a comment or a mark on a commit."""


def writes(job: Job) -> list[str]:
    """Return the write permissions of a job."""
    return [scope for scope, right in job.granted.items() if right == "write"]


def acts(job: Job) -> bool:
    """Whether a job can change code, releases, deployments or issues."""
    if job.environment == READS:
        return any(scope not in HARMLESS | {"id-token"} for scope in writes(job))
    return bool(job.environment) or any(scope not in HARMLESS for scope in writes(job))


def only_checks(workflow: Workflow) -> bool:
    """Whether a workflow changes nothing that a later run would have to mend."""
    return not any(acts(job) for job in workflow.jobs.values())
