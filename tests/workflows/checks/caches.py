"""What a pull request left in a cache reaches no install, nothing that is released, and no model or image."""

from __future__ import annotations

from ..effects import acts
from ..finding import Remarks
from ..repository import Repository
from ..scenario import OTHER_BRANCH, OWN_PULL_REQUEST, step_runs
from ..workflow import Job, Step
from .targets import asked

MAKES = frozenset(
    {"adopt", "deepchecks", "evaluate", "image", "register", "rehearse", "release", "retrain", "train"}
)
"""The targets of a generated project's Makefile that make a model or an image, or say what one is worth."""


def check(repository: Repository) -> Remarks:
    """Yield each cache of packages, and each that any branch may write and a job reads which acts or makes a model.

    What one commit of a branch leaves in a cache, the next one reads; what reviewers see would be made with it.
    """
    written: dict[str, str] = {}
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            reached = [
                step_runs(workflow, job, step, scenario) for scenario in (OWN_PULL_REQUEST, OTHER_BRANCH)
            ]
            if _sets_up(step):
                yield workflow, step.line, "packages are installed by hash each time, not from a cache"
            if any(reached) and step.action in ("actions/cache", "actions/cache/save"):
                written |= dict.fromkeys(_keys(step), f"{workflow.file}, job {job.key},")
    for workflow in repository.workflows:
        for job, step in workflow.steps():
            if not (acts(job) or _makes(job)) or step.action not in (
                "actions/cache",
                "actions/cache/restore",
            ):
                continue
            for key, writer in written.items():
                if any(mine.startswith(key) or key.startswith(mine) for mine in _keys(step)):
                    yield (
                        workflow,
                        step.line,
                        f"job {job.key} reads the cache {key}, which {writer} writes unreviewed",
                    )


def _makes(job: Job) -> bool:
    return any(target in MAKES for step in job.steps for target in asked(step.run))


def _sets_up(step: Step) -> bool:
    name = step.action.rpartition("/")[2]
    asked_for = step.settings.get("cache") or step.settings.get("enable-cache")
    return name.startswith("setup-") and asked_for not in (None, False, "false", "")


def _keys(step: Step) -> list[str]:
    """Return the constant starts of the keys, which tell caches apart."""
    keys = [step.settings.get("key", ""), *str(step.settings.get("restore-keys", "")).split()]
    return [str(key).partition("${{")[0] for key in keys if key]
