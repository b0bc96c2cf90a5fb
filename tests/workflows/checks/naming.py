"""Whoever reads a list of checks knows what each is."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each workflow or job without a name, and names given twice."""
    seen: dict[str, str] = {}
    for workflow in repository.workflows:
        name = str(workflow.tree.get("name") or "")
        if not name:
            yield workflow, 1, "the workflow has no name"
        elif seen.setdefault(name, workflow.file) != workflow.file:
            yield workflow, workflow.line("name"), f"{seen[name]} has the same name"
        jobs: dict[str, str] = {}
        for job in workflow.jobs.values():
            name = str(job.tree.get("name") or "")
            if not name:
                yield workflow, job.line, f"job {job.key} has no name"
            elif jobs.setdefault(name, job.key) != job.key:
                yield workflow, line_of(job.tree, "name"), f"job {jobs[name]} has the same name"
