"""A job may do what its steps need to do on the forge, and no more: what is not granted fails late, in production."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Step
from .targets import asked

Rights = Mapping[str, str]
LEVELS = ("none", "read", "write")
READS: Rights = MappingProxyType({"contents": "read"})
PROPOSES: Rights = MappingProxyType({"contents": "write", "pull-requests": "write", "actions": "write"})
"""Pushes a branch, opens its pull request, starts its checks."""
TAKES_OVER: Rights = MappingProxyType(
    {"contents": "read", "pull-requests": "read", "actions": "read", "issues": "read"}
)
"""Finds the merged pull request, and fetches what its run tested."""

TARGETS: dict[str, Rights] = {
    "adopt": TAKES_OVER,
    "rollout": {**PROPOSES, "issues": "write"},
    "apply": {"contents": "read", "issues": "write", "packages": "read"},
    "bring": READS,
    "conclude": {"statuses": "write"},
    "evaluate": READS,
    "heartbeat": {"contents": "read", "actions": "write", "issues": "write"},
    "image": READS,
    "monitor": {"contents": "read", "actions": "write", "issues": "write", "pull-requests": "read"},
    "plan-change": READS,
    "register": {**TAKES_OVER, "contents": "write"},
    "rehearse": READS,
    "release": PROPOSES,
    "report": {"pull-requests": "write"},
    "score": READS,
    "retrain": {**PROPOSES, "issues": "write"},
    "sign": {"contents": "write"},
    "train": READS,
}
"""The targets of a generated project's Makefile that act through the forge, with the rights that they need."""
ACTIONS: dict[str, Rights] = {
    "actions/attest": {"id-token": "write", "attestations": "write"},
    "actions/checkout": READS,
    "aws-actions/configure-aws-credentials": {"id-token": "write"},
    "pypa/gh-action-pypi-publish": {"id-token": "write"},
}
"""Actions that use the token of the job, with the rights that they need."""
COMMANDS: dict[str, Rights] = {
    r"\bgh\s+workflow\s+(run|enable)\b": {"actions": "write"},
    r"\brelease\.py announce\b": {"contents": "write"},
}
"""Commands in scripts, likewise."""


def check(repository: Repository) -> Remarks:
    """Yield each job whose token cannot do what the job is for, or can do what nothing in it does."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for step in job.steps:
                lacks = [
                    f"{scope}: {level}"
                    for scope, level in needed(job, step).items()
                    if not _has(job, scope, level)
                ]
                if lacks:
                    yield workflow, step.line, f"job {job.key} needs {', '.join(sorted(lacks))} for this"
                if _records(step) and job.granted.get("artifact-metadata") != "write":
                    yield (
                        workflow,
                        step.line,
                        "a storage record needs artifact-metadata: write, or not to be asked for",
                    )
            for scope in _idle(job):
                yield workflow, job.line, f"nothing in job {job.key} needs {scope}: {job.granted[scope]}"


def needed(job: Job, step: Step) -> Rights:
    """Return the rights that a step needs, each at its level."""
    rights: dict[str, str] = dict(ACTIONS.get(step.action, {}))
    if step.settings.get("push-to-registry") or _pushes(step):
        rights["packages"] = "write"
    # Without a token in its environment a command cannot reach the forge at all.
    if re.search(r"GITHUB_TOKEN|GH_TOKEN", f"{job.tree.get('env')} {step.tree.get('env')}"):
        known = [TARGETS[target] for target in asked(step.run) if target in TARGETS]
        known += [found for pattern, found in COMMANDS.items() if re.search(pattern, step.run)]
        for found in known:
            for scope, level in found.items():
                if LEVELS.index(level) > LEVELS.index(rights.get(scope, "none")):
                    rights[scope] = level
    return rights


def _has(job: Job, scope: str, level: str) -> bool:
    return LEVELS.index(str(job.granted.get(scope, "none"))) >= LEVELS.index(level)


def _idle(job: Job) -> list[str]:
    """Return the rights of a job that none of its steps needs at that level."""
    most: dict[str, str] = {}
    for step in job.steps:
        for scope, level in needed(job, step).items():
            most[scope] = max(level, most.get(scope, "none"), key=LEVELS.index)
    return [scope for scope, level in job.granted.items() if most.get(scope, "none") != level]


def _pushes(step: Step) -> bool:
    """Whether a step pushes an image, or the signature that lies beside one."""
    if "sign" in asked(step.run) and "IMAGE" in (step.tree.get("env") or {}):
        return True
    return "ghcr.io" in str((step.tree.get("env") or {}).get("PUSH"))


def _records(step: Step) -> bool:
    """Whether an attestation that is pushed also asks for a storage record, as it does unless told otherwise."""
    given = {
        name: str(step.settings.get(name)).lower() for name in ("push-to-registry", "create-storage-record")
    }
    return step.action == "actions/attest" and list(given.values()) in (["true", "none"], ["true", "true"])
