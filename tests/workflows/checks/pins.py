"""Each action is pinned to one commit, with its version beside it, the same in the whole repository."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of

VERSION = re.compile(r"v?\d+\.\d+\.\d+\b")


def check(repository: Repository) -> Remarks:
    """Yield each action whose pin is none, says no version, or differs from the one used elsewhere."""
    seen: dict[str, tuple[str, str]] = {}
    for workflow in repository.workflows:
        trees = [job.tree for job in workflow.jobs.values()] + [step.tree for _, step in workflow.steps()]
        for tree in trees:
            used = str(tree.get("uses") or "")
            if not used or used.startswith(("./", "$/")):
                continue
            line = line_of(tree, "uses")
            action, _, pin = used.partition("@")
            version = workflow.reason(line)
            if not re.fullmatch(r"[0-9a-f]{40}", pin):
                yield workflow, line, f"{action} is not pinned to a commit by its full SHA"
                continue
            if not VERSION.match(version):
                yield workflow, line, f"{action}: the version that the SHA stands for is missing beside it"
            # The parts of a repository of actions come from one commit.
            source = "/".join(action.split("/")[:2])
            before = seen.setdefault(source, (pin, version))
            if before != (pin, version):
                yield workflow, line, f"{source} is pinned to {before[0][:7]} ({before[1]}) elsewhere"
