"""A command that fails before a pipe fails its step: GitHub's unnamed bash forgets that, the named one does not."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Tree, line_of

QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|(?m:(?:^|(?<=\s))#.*$)")
PIPE = re.compile(r"(?<![|>])\|(?!\|)")


def check(repository: Repository) -> Remarks:
    """Yield each script that hides a failure in a pipe."""
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            named = step.tree.get("shell") or _default(job.tree) or _default(workflow.tree)
            if named or "pipefail" in step.run or not PIPE.search(QUOTED.sub("", step.run)):
                continue
            line = line_of(step.tree, "run")
            yield (
                workflow,
                line,
                "what fails before the pipe is forgotten: say `shell: bash`, which has pipefail",
            )


def _default(tree: Tree) -> str:
    return str(((tree.get("defaults") or {}).get("run") or {}).get("shell") or "")
