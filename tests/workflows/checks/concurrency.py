"""Runs do not race: newer checks end older ones, and nothing that changes the world is cut off half way."""

from __future__ import annotations

from ..effects import acts, only_checks
from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each workflow whose runs race, or may be cancelled while they act."""
    for workflow in repository.workflows:
        given = workflow.tree.get("concurrency")
        if not isinstance(given, dict) or "group" not in given:
            yield workflow, workflow.line("concurrency"), "concurrency with a group is missing"
            continue
        if "cancel-in-progress" not in given:
            yield workflow, workflow.line("concurrency"), "cancel-in-progress must be said"
            continue
        if given["cancel-in-progress"] is not False and not only_checks(workflow):
            line = line_of(given, "cancel-in-progress")
            yield workflow, line, "it releases, deploys or writes: a run must never be cancelled half way"
        elif (
            "pull_request" in workflow.triggers
            and given["cancel-in-progress"] is False
            and only_checks(workflow)
        ):
            line = line_of(given, "cancel-in-progress")
            yield workflow, line, "checks of a commit that was replaced must be cancelled"
        for job in workflow.jobs.values():
            inner = job.tree.get("concurrency")
            if isinstance(inner, dict) and acts(job) and inner.get("cancel-in-progress") not in (None, False):
                yield (
                    workflow,
                    line_of(inner, "cancel-in-progress"),
                    f"job {job.key} acts: it must never be cancelled",
                )
