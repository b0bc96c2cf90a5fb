"""A script is fixed text: what varies reaches it through its environment, and nothing evaluates it there."""

from __future__ import annotations

import re
from typing import Any

from ..finding import Remarks
from ..repository import Repository
from ..workflow import EXPRESSION, Job, Step, Workflow, line_of

UNTRUSTED = re.compile(
    r"github\.head_ref|github\.event\.[\w.*\[\]]*(title|body|message|name|email|label|ref|login|default_branch"
    r"|description|homepage)\b|github\.event\.inputs|\binputs\b|github\.actor|github\.ref(_name)?\b|toJSON\((github|needs)\b"
)
# A job that ran a pull request's code says what that code wants it to say.
REPORTED = re.compile(r"\bneeds\.[\w-]+\.outputs\b")
EVALUATES = re.compile(
    r"\beval\b|\b(ba|da|z)?sh\s+-\w*c\b|\bpython3?\s+-c\b|\bxargs\b|\bsource\b|\benvsubst\b"
)


def check(repository: Repository) -> Remarks:
    """Yield each script that holds an expression, or evaluates what others wrote."""
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            if not step.run:
                continue
            line = line_of(step.tree, "run")
            if EXPRESSION.search(step.run):
                yield workflow, line, "a script holds ${{ }}: hand the value over in env"
            for name in sorted(_foreign(workflow, job, step)):
                yield from _evaluated(repository, workflow, line, step, name)


def _foreign(workflow: Workflow, job: Job, step: Step) -> set[str]:
    """Return the names of a step's environment whose values others choose freely."""
    chosen: dict[str, Any] = {}
    for tree in (workflow.tree, job.tree, step.tree):
        chosen |= tree.get("env") or {}
    return {name for name, value in chosen.items() if _free(workflow, str(value))}


def _free(workflow: Workflow, value: str) -> bool:
    inputs = (workflow.triggers.get("workflow_dispatch") or {}).get("inputs") or {}
    # GitHub takes no other value for these than the ones that are offered.
    listed = [
        name for name, facts in inputs.items() if (facts or {}).get("type") in ("choice", "boolean", "number")
    ]
    for found in EXPRESSION.findall(value):
        for name in listed:
            found = re.sub(rf"\b(github\.event\.)?inputs\.{re.escape(name)}\b", "", found)
        if UNTRUSTED.search(found) or ("pull_request" in workflow.triggers and REPORTED.search(found)):
            return True
    return False


def _evaluated(repository: Repository, workflow: Workflow, line: int, step: Step, name: str) -> Remarks:
    used = re.search(rf"\$\{{?{name}\b", step.run)
    if used and EVALUATES.search(step.run):
        yield workflow, line, f"{name} holds what others wrote, and the script evaluates it"
    if re.search(rf"\bmake\b.*=[\"']?\$\{{?{name}\b", step.run):
        yield (
            workflow,
            line,
            f"make would expand $(...) in {name}: let the recipe read $${name} from the environment",
        )
    if re.search(rf"(?<!\$)\$[({{]{name}[)}}]", repository.makefile):
        yield (
            workflow,
            line,
            f"the Makefile pastes $({name}), which others wrote, into a script: write $${name}",
        )
