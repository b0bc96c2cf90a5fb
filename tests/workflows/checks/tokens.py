"""A token stands at the step that needs it: at a job or a workflow, whatever else runs there could read it too."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import Tree, line_of

TOKEN = re.compile(r"\$\{\{.*(secrets\.|github\.token|steps\.[\w-]+\.outputs\.token)")


def check(repository: Repository) -> Remarks:
    """Yield each token in the environment of a whole job or workflow."""
    for workflow in repository.workflows:
        trees: list[Tree] = [workflow.tree, *(job.tree for job in workflow.jobs.values())]
        for tree in trees:
            given = tree.get("env")
            for name, value in given.items() if isinstance(given, dict) else ():
                if TOKEN.search(str(value)):
                    yield (
                        workflow,
                        line_of(given, name),
                        f"{name} is a token: give it to the steps that need it",
                    )
