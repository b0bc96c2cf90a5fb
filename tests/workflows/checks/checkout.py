"""The token does not stay in the checked out repository, where any later step could read it."""

from __future__ import annotations

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each checkout that keeps the token and does not say why."""
    for workflow in repository.workflows:
        for _, step in workflow.steps():
            if step.action != "actions/checkout":
                continue
            kept = step.settings.get("persist-credentials")
            if kept in (False, "false"):
                continue
            if kept is None or not workflow.reason(line_of(step.settings, "persist-credentials")):
                yield (
                    workflow,
                    step.line,
                    "persist-credentials: false is missing, or the reason to keep the token",
                )
