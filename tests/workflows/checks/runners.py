"""The machine is the same tomorrow, or the repository's owner has named it."""

from __future__ import annotations

import re

from ..expressions import Node, parse
from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of, listed

IMAGE = re.compile(r"(ubuntu-\d\d\.\d\d|macos-\d\d|windows-\d{4})(-arm)?")


def check(repository: Repository) -> Remarks:
    """Yield each job whose machine changes under it."""
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
