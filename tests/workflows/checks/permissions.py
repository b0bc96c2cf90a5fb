"""Nothing is granted to a whole workflow; each job asks for what it needs and says why."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each grant that is too wide or gives no reason."""
    for workflow in repository.workflows:
        if workflow.tree.get("permissions") != {}:
            yield workflow, workflow.line("permissions"), "`permissions: {}` must stand at the top"
        for job in workflow.jobs.values():
            granted = job.tree.get("permissions")
            if not isinstance(granted, dict):
                yield workflow, job.line, f"job {job.key} must name its permissions one by one"
                continue
            for scope in granted:
                line = line_of(granted, scope)
                if not workflow.reason(line):
                    yield workflow, line, f"{scope}: {granted[scope]} gives no reason in a comment beside it"
