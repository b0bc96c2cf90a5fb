"""What a pull request left in a cache reaches nothing that is released."""

from __future__ import annotations

from ..effects import acts
from ..finding import Remarks
from ..repository import Repository
from ..scenario import OTHER_BRANCH, OWN_PULL_REQUEST, step_runs
from ..workflow import Step


def check(repository: Repository) -> Remarks:
    """Yield each cache that an acting job reads though a pull request or any branch may have written it."""
    written: dict[str, str] = {}
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            reached = [
                step_runs(workflow, job, step, scenario) for scenario in (OWN_PULL_REQUEST, OTHER_BRANCH)
            ]
            if any(reached) and _writes(step):
                written |= dict.fromkeys(_kinds(step), f"{workflow.file}, job {job.key},")
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            if not acts(job) or not _reads(step):
                continue
            for kind, writer in written.items():
                if any(mine.startswith(kind) or kind.startswith(mine) for mine in _kinds(step)):
                    yield (
                        workflow,
                        step.line,
                        f"job {job.key} reads the cache {kind}, which {writer} writes unreviewed",
                    )


def _writes(step: Step) -> bool:
    return step.action in ("actions/cache", "actions/cache/save") or _sets_up(step)


def _reads(step: Step) -> bool:
    return step.action in ("actions/cache", "actions/cache/restore") or _sets_up(step)


def _sets_up(step: Step) -> bool:
    name = step.action.rpartition("/")[2]
    asked = step.settings.get("cache") or step.settings.get("enable-cache")
    return name.startswith("setup-") and asked not in (None, False, "false", "")


def _kinds(step: Step) -> list[str]:
    """Return what tells caches apart: the constant starts of the keys, or the tool whose packages are kept."""
    if _sets_up(step):
        return [f"{step.settings.get('cache') or step.action} (of {step.action.rpartition('/')[2]})"]
    keys = [step.settings.get("key", ""), *str(step.settings.get("restore-keys", "")).split()]
    return [str(key).partition("${{")[0] for key in keys if key]
