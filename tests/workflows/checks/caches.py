"""What a pull request left in a cache reaches nothing that is released."""

from __future__ import annotations

from ..effects import acts
from ..finding import Remarks
from ..repository import Repository
from ..scenario import OTHER_BRANCH, OWN_PULL_REQUEST, step_runs
from ..workflow import Job, Step, Workflow


def check(repository: Repository) -> Remarks:
    """Yield each cache that an acting job reads though a pull request or any branch may have written it."""
    written: dict[str, str] = {}
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            reached = [step_runs(workflow, job, step, scenario) for scenario in (OWN_PULL_REQUEST, OTHER_BRANCH)]
            if any(reached) and _writes(step):
                written.setdefault(_kind(step), f"{workflow.file}, job {job.key}")
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            if acts(job) and _reads(step) and _kind(step) in written:
                yield from _read(workflow, job, step, written[_kind(step)])


def _read(workflow: Workflow, job: Job, step: Step, writer: str) -> Remarks:
    yield workflow, step.line, f"job {job.key} acts on the cache {_kind(step)}, which {writer} writes unreviewed"


def _writes(step: Step) -> bool:
    return step.action in ("actions/cache", "actions/cache/save") or _sets_up(step)


def _reads(step: Step) -> bool:
    return step.action in ("actions/cache", "actions/cache/restore") or _sets_up(step)


def _sets_up(step: Step) -> bool:
    name = step.action.rpartition("/")[2]
    asked = step.settings.get("cache") or step.settings.get("enable-cache")
    return name.startswith("setup-") and asked not in (None, False, "false", "")


def _kind(step: Step) -> str:
    """Return what tells two caches apart: the constant start of the key, or the tool whose packages it holds."""
    if _sets_up(step):
        return f"{step.settings.get('cache') or step.action}"
    return str(step.settings.get("key", "")).partition("${{")[0]
