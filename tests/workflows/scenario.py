"""Under which circumstances a job or a step can run: worked out from its condition, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .expressions import UNKNOWN, asks_status, evaluate, parse
from .workflow import Job, Step, Workflow

_HEAD = "github.event.pull_request.head.repo"
_HERE = {"github.repository": "owner/name", "github.event.repository.full_name": "owner/name"}
_BRANCH = {
    **_HERE,
    "github.ref": "refs/heads/other",
    "github.ref_name": "other",
    "github.ref_type": "branch",
    "github.ref_protected": False,
    "github.event.repository.default_branch": "main",
    f"{_HEAD}.full_name": None,
}

FORK = {
    **_HERE,
    "github.event_name": "pull_request",
    "github.ref": "refs/pull/1/merge",
    "github.base_ref": "main",
    f"{_HEAD}.full_name": "stranger/name",
    f"{_HEAD}.fork": True,
}
"""A pull request that a stranger opens from a fork."""

OWN_PULL_REQUEST = FORK | {f"{_HEAD}.full_name": "owner/name", f"{_HEAD}.fork": False}
"""A pull request from a branch of the repository."""

PACKAGES = OWN_PULL_REQUEST | {
    "github.event.pull_request.user.login": "dependabot[bot]",
    "github.event.pull_request.user.type": "Bot",
    "github.head_ref": "dependabot/pip/numpy-3",
}
"""A pull request by a bot that brings versions of packages at which nobody has looked."""

OTHER_BRANCH = _BRANCH | {"github.event_name": "workflow_dispatch"}
"""Somebody with write access starts the workflow on a branch that nobody reviewed."""

OTHER_PUSH = _BRANCH | {"github.event_name": "push"}
"""A push to a branch that nobody reviewed."""

BLIND = {
    **_HERE,
    "github.event_name": "schedule",
    "github.ref": "refs/heads/main",
    "github.ref_name": "main",
    "vars.AWS_ROLE_ARN": "arn:aws:iam::1:role/trunkline",
    "vars.TRUNKLINE_RUNNER": "",
    "vars.TRUNKLINE_LOG_STORE": "",
    "vars.TRUNKLINE_SERVICE_URL": "",
    "vars.TRUNKLINE_HOST": "",
}
"""A schedule's time has come where nothing says from where what serves is seen; a role in a cloud alone does not."""

Scenario = Mapping[str, Any]


def possible(condition: str, scenario: Scenario) -> bool:
    """Whether a condition may hold; one that is not understood may."""
    if not condition:
        return True
    try:
        value = evaluate(parse(condition), scenario)
    except ValueError:
        return True
    return value is UNKNOWN or bool(value)


def job_runs(workflow: Workflow, job: Job, scenario: Scenario) -> bool:
    """Whether a job may run."""
    filters = workflow.triggers.get(str(scenario["github.event_name"]))
    if filters is None:
        return False
    if scenario["github.event_name"] == "push" and (_named(filters, "branches") or _named(filters, "tags")):
        return False
    return _runs(workflow, job, scenario, frozenset())


def step_runs(workflow: Workflow, job: Job, step: Step, scenario: Scenario) -> bool:
    """Whether a step may run."""
    return job_runs(workflow, job, scenario) and possible(step.condition, scenario)


def _named(filters: Any, key: str) -> bool:
    """Whether a filter lets nothing pass but what it names in full, or tags, which only who may release makes."""
    wanted = filters.get(key) or []
    return bool(wanted) and (key == "tags" or not any("*" in str(name) for name in wanted))


def _runs(workflow: Workflow, job: Job, scenario: Scenario, seen: frozenset[str]) -> bool:
    before = [workflow.jobs[key] for key in job.needs if key in workflow.jobs and key not in seen]
    skipped = [needed for needed in before if not _runs(workflow, needed, scenario, seen | {job.key})]
    known = {**scenario, **{f"needs.{needed.key}.result": "skipped" for needed in skipped}}
    if not possible(job.condition, known):
        return False
    return not skipped or outlives(job.condition)


def outlives(condition: str) -> bool:
    """Whether a condition lets a job or a step run though something before it failed or was skipped."""
    try:
        return bool(condition) and asks_status(parse(condition))
    except ValueError:
        return True
