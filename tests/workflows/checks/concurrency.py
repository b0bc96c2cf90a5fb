"""Newer checks end older ones, nothing that changes the world is cut off, and nothing waits in vain."""

from __future__ import annotations

from ..effects import only_checks
from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Workflow, line_of


def check(repository: Repository) -> Remarks:
    """Yield each workflow whose runs race, may be cancelled while they act, or wait for one that waits for a person.

    Checks share a group of the whole workflow. A workflow that acts has groups on its jobs: a run that waits for an
    environment's reviewers would hold the workflow's, and with it the revert that comes after.
    """
    for workflow in repository.workflows:
        if only_checks(workflow):
            yield from _checks(workflow)
            continue
        if "concurrency" in workflow.tree:
            line = workflow.line("concurrency")
            yield (
                workflow,
                line,
                "a run that waits for a person holds this group: put it on the jobs that act",
            )
        for job in workflow.jobs.values():
            yield from _grouped(workflow, job)


def _checks(workflow: Workflow) -> Remarks:
    given = workflow.tree.get("concurrency")
    if not isinstance(given, dict) or "group" not in given:
        yield workflow, workflow.line("concurrency"), "concurrency with a group is missing"
    elif "cancel-in-progress" not in given:
        yield workflow, workflow.line("concurrency"), "cancel-in-progress must be said"
    elif "pull_request" in workflow.triggers and given["cancel-in-progress"] is False:
        line = line_of(given, "cancel-in-progress")
        yield workflow, line, "checks of a commit that was replaced must be cancelled"


def _grouped(workflow: Workflow, job: Job) -> Remarks:
    given = job.tree.get("concurrency")
    if not isinstance(given, dict) or "group" not in given:
        yield workflow, job.line, f"job {job.key}: concurrency with a group of its own is missing"
    elif "cancel-in-progress" not in given:
        yield workflow, line_of(job.tree, "concurrency"), "cancel-in-progress must be said"
    elif given["cancel-in-progress"] is not False:
        line = line_of(given, "cancel-in-progress")
        yield workflow, line, f"job {job.key}: its run acts and must never be cancelled half way"
