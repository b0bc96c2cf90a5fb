"""The machine is the same tomorrow, or the repository's owner has named it."""

from __future__ import annotations

import re

from ..expressions import Node, parse
from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Workflow, line_of, listed

HOSTED = "runner.environment == 'github-hosted'"
IMAGE = re.compile(r"(ubuntu-\d\d\.\d\d|macos-\d\d|windows-\d{4})(-arm)?")


def check(repository: Repository) -> Remarks:
    """Yield each job whose machine changes under it, and each own machine that gets a Python made for GitHub's."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for label in listed(job.tree.get("runs-on")):
                if not _fixed(str(label)):
                    line = line_of(job.tree, "runs-on")
                    yield (
                        workflow,
                        line,
                        f"{label} is neither a pinned image nor a variable of the repository",
                    )
                if "${{" in str(label):
                    yield from _python(workflow, job)


def _python(workflow: Workflow, job: Job) -> Remarks:
    for step in job.steps:
        if step.action == "actions/setup-python" and step.condition != HOSTED:
            message = f"setup-python fails on most machines of one's own: job {job.key} needs `if: {HOSTED}`"
            yield workflow, step.line, message


def _fixed(label: str) -> bool:
    if "${{" not in label:
        return IMAGE.fullmatch(label) is not None
    try:
        return all(_sure(part) for part in _outcomes(parse(label)))
    except ValueError:
        return False


def _outcomes(node: Node) -> list[Node]:
    """Return what an expression may come out as: each side of `||`, the last part of `&&`."""
    if node.kind == "or":
        return [found for part in node.parts for found in _outcomes(part)]
    return _outcomes(node.parts[-1]) if node.kind == "and" else [node]


def _sure(node: Node) -> bool:
    if node.kind == "literal":
        return IMAGE.fullmatch(str(node.value)) is not None
    return node.kind == "name" and str(node.value).startswith("vars.")
