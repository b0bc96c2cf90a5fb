"""What a step asks of an earlier one is what that action gives."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..interfaces import interface
from ..repository import Repository

ASKED = re.compile(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)")


def check(repository: Repository) -> Remarks:
    """Yield each output that the action does not have."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            used = {str(step.tree["id"]): step for step in job.steps if "id" in step.tree}
            for step, output in sorted(set(ASKED.findall(str(job.tree)))):
                given = interface(used[step].action) if step in used and used[step].action else None
                if given is not None and output not in given["outputs"]:
                    yield workflow, used[step].line, f"{used[step].action} has no output {output}"
