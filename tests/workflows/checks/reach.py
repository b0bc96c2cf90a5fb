"""A job whose commands read models or rows is told where they lie, and can log in there."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Step, Workflow
from .targets import asked

STORE = frozenset(
    {
        "adopt",
        "rollout",
        "apply",
        "bring",
        "evaluate",
        "heartbeat",
        "image",
        "monitor",
        "plan-change",
        "register",
        "rehearse",
        "release",
        "retrain",
        "score",
        "train",
    }
)
"""The targets of a generated project's Makefile that ask the registry, or whether a server is the registry."""
ROWS = STORE - {"heartbeat", "plan-change"}
"""Those that also read rows, or the files of a model."""
SERVER = "MLFLOW_TRACKING_URI"
LOGIN = "aws-actions/configure-aws-credentials"


def check(repository: Repository) -> Remarks:
    """Yield each step that would look for models in the wrong place, or stand before a closed door."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for place, step in enumerate(job.steps):
                wanted = set(asked(step.run))
                if wanted & STORE and f"vars.{SERVER}" not in _surroundings(workflow, job, step):
                    yield workflow, step.line, f"job {job.key} does not tell this {SERVER}"
                # A pull request meets no cloud: its rows and models must be had without a login.
                if wanted & ROWS and "pull_request" not in workflow.triggers and not _logs_in(job, place):
                    yield workflow, step.line, f"job {job.key} does not log into AWS_ROLE_ARN before this"


def _surroundings(workflow: Workflow, job: Job, step: Step) -> str:
    return "".join(str((tree.get("env") or {}).get(SERVER)) for tree in (workflow.tree, job.tree, step.tree))


def _logs_in(job: Job, place: int) -> bool:
    """Whether a job logs in before a step, wherever the repository names a role; it may prove who it is then."""
    before = [step for step in job.steps[:place] if step.action == LOGIN]
    named = any(step.condition == "vars.AWS_ROLE_ARN != ''" for step in before)
    return named and job.granted.get("id-token") == "write"
