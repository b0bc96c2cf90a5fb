"""A job may do what its commands need to do on the forge: what is not granted fails late, in production."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Step
from .targets import asked

PROPOSES = frozenset({"contents", "pull-requests", "actions"})
"""Pushes a branch, opens its pull request, starts its checks."""

NEEDED = {
    "advance": PROPOSES,
    "deploy": frozenset({"issues"}),
    "heartbeat": frozenset({"actions", "issues"}),
    "monitor": frozenset({"actions", "issues"}),
    "propose": PROPOSES,
    "register": frozenset({"contents"}),
    "release": PROPOSES,
    "report": frozenset({"pull-requests"}),
    "retrain": PROPOSES,
}
"""The targets of a generated project's Makefile that act through the forge, with the rights to write they need."""


def check(repository: Repository) -> Remarks:
    """Yield each job whose token cannot do what the job is for."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for step in job.steps:
                missing = sorted(
                    needed for needed in _needed(job, step) if job.granted.get(needed) != "write"
                )
                if missing and not _own_token(job):
                    yield workflow, step.line, f"job {job.key} needs {', '.join(missing)}: write for this"
                if _records(step) and job.granted.get("artifact-metadata") != "write":
                    yield (
                        workflow,
                        step.line,
                        "a storage record needs artifact-metadata: write, or not to be asked for",
                    )


def _needed(job: Job, step: Step) -> set[str]:
    needed: set[str] = set()
    # Without a token in its environment a command cannot reach the forge at all.
    if not re.search(r"GITHUB_TOKEN|GH_TOKEN", f"{job.tree.get('env')} {step.tree.get('env')}"):
        return needed
    for target in asked(step.run):
        needed |= NEEDED.get(target, frozenset())
    if re.search(r"\bgh\s+workflow\s+(run|enable)\b", step.run):
        needed.add("actions")
    return needed


def _records(step: Step) -> bool:
    """Whether an attestation that is pushed also asks for a storage record, as it does unless told otherwise."""
    given = {
        name: str(step.settings.get(name)).lower() for name in ("push-to-registry", "create-storage-record")
    }
    return step.action == "actions/attest" and list(given.values()) in (["true", "none"], ["true", "true"])


def _own_token(job: Job) -> bool:
    """Whether the job never uses the token that its permissions are about."""
    return "github.token" not in str(job.tree) and "secrets.GITHUB_TOKEN" not in str(job.tree)
