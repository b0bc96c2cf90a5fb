"""What a job downloads was uploaded by a job before it, in the same run, under that name."""

from __future__ import annotations

import fnmatch
import re

from ..finding import Remarks
from ..repository import Repository
from ..scenario import OWN_PULL_REQUEST, job_runs
from ..workflow import EXPRESSION, Job, Step, Workflow


def check(repository: Repository) -> Remarks:
    """Yield each download that finds nothing, each upload of nothing, and each name that is uploaded twice."""
    for workflow in repository.workflows:
        uploaded = [
            (job, str(step.settings.get("name", "artifact")))
            for job, step in workflow.steps()
            if step.action == "actions/upload-artifact"
        ]
        for place, (job, name) in enumerate(uploaded):
            before_it = [maker for maker, other in uploaded[:place] if other == name]
            if "overwrite" not in str(job.tree) and any(_both(workflow, job, maker) for maker in before_it):
                yield workflow, job.line, f"the artifact {name} is uploaded twice: the second upload fails"
        yield from _hidden(workflow)
        for job, step in workflow.steps():
            if step.action == "actions/download-artifact" and "run-id" not in step.settings:
                yield from _found(workflow, job, step, uploaded)


def _both(workflow: Workflow, one: Job, other: Job) -> bool:
    """Whether two jobs may run in one run; where the rows lie decides between those that judge a model."""
    places = ({"needs.tiers.outputs.rows": rows} for rows in ("environment", "main", "live", ""))
    return any(
        all(job_runs(workflow, job, OWN_PULL_REQUEST | place) for job in (one, other)) for place in places
    )


def _found(workflow: Workflow, job: Job, step: Step, uploaded: list[tuple[Job, str]]) -> Remarks:
    wanted = step.settings.get("name") or step.settings.get("pattern")
    matching = [maker for maker, name in uploaded if wanted is None or fits(str(wanted), name)]
    if not matching:
        yield workflow, step.line, f"no job uploads the artifact {wanted or '(any)'}"
    elif not any(maker.key in before(workflow, job) or maker.key == job.key for maker in matching):
        yield (
            workflow,
            step.line,
            f"job {job.key} does not wait for {matching[0].key}, which uploads {wanted}",
        )


def _hidden(workflow: Workflow) -> Remarks:
    for _, step in workflow.steps():
        if step.action != "actions/upload-artifact" or step.settings.get("include-hidden-files"):
            continue
        for path in str(step.settings.get("path", "")).split():
            if path.rstrip("/").rpartition("/")[2].startswith("."):
                yield (
                    workflow,
                    step.line,
                    f"{path} is hidden: without include-hidden-files it is not uploaded",
                )


def fits(wanted: str, name: str) -> bool:
    """Whether a name or a pattern may mean an artifact's name; an expression may be anything."""
    if wanted == name:
        return True
    pattern = EXPRESSION.sub("*", wanted)
    return fnmatch.fnmatch(EXPRESSION.sub("x", name), pattern) or bool(
        EXPRESSION.search(name)
        and re.fullmatch(re.escape(EXPRESSION.sub("\0", name)).replace("\0", ".*"), pattern)
    )


def before(workflow: Workflow, job: Job) -> set[str]:
    """Return the jobs that a job waits for, directly or through others."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        key = waiting.pop()
        if key in workflow.jobs and key not in found:
            found.add(key)
            waiting += workflow.jobs[key].needs
    return found
