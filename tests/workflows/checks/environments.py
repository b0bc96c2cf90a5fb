"""An environment that a job names exists: GitHub would make an unprotected one in its place."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Workflow


def check(repository: Repository) -> Remarks:
    """Yield each environment that is neither deployed to nor spoken of in the README."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for name in _names(workflow, job):
                if name not in repository.environments and not re.search(
                    rf"`{re.escape(name)}`", repository.readme
                ):
                    yield workflow, job.line, f"there is no environment {name}"


def _names(workflow: Workflow, job: Job) -> list[str]:
    given = job.environment
    found = re.fullmatch(r"\$\{\{\s*(matrix|inputs)\.(\w+)\s*\}\}", given)
    if not found:
        return [given] if given else []
    kind, key = found.groups()
    if kind == "matrix":
        offered = ((job.tree.get("strategy") or {}).get("matrix") or {}).get(key)
    else:
        inputs = (workflow.triggers.get("workflow_dispatch") or {}).get("inputs") or {}
        offered = (inputs.get(key) or {}).get("options")
    # What a job works out while it runs cannot be judged before.
    return [str(name) for name in offered] if isinstance(offered, list) else []
