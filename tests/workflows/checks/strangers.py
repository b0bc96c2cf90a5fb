"""A pull request, even from a fork, gets no secret and no right to write; a stranger's gets no machine of ours."""

from __future__ import annotations

import re

from ..effects import HARMLESS, READS, writes
from ..expressions import UNKNOWN, evaluate, parse
from ..finding import Remarks
from ..repository import Repository
from ..scenario import (
    FORK,
    OTHER_BRANCH,
    OTHER_PUSH,
    OWN_PULL_REQUEST,
    PACKAGES,
    Scenario,
    job_runs,
    step_runs,
)
from ..workflow import Job, Workflow, line_of
from .runners import IMAGE
from .targets import asked

FORBIDDEN = {
    "pull_request_target": "it runs with secrets on what a stranger wrote",
    "workflow_run": "it runs with secrets on what an unreviewed run left behind",
    "discussion": "anybody can start it",
    "discussion_comment": "anybody can start it",
    "issue_comment": "anybody can start it",
    "issues": "anybody can start it",
    "pull_request_review": "anybody can start it",
    "pull_request_review_comment": "anybody can start it",
    "watch": "anybody can start it",
}
UNMERGED = (FORK, OWN_PULL_REQUEST, PACKAGES, OTHER_BRANCH, OTHER_PUSH)
MACHINE = re.compile(r"vars\.\w+")
FETCHES = {"rows"}
"""What alone has the secrets of the environment that a pull request may name, for its reviewers look first."""
SECRET = re.compile(r"\bsecrets(\.(?P<name>\w+)|\[)")


def check(repository: Repository) -> Remarks:
    """Yield whatever a pull request could take or change."""
    yield from _shared(repository)
    for workflow in repository.workflows:
        for name, reason in FORBIDDEN.items():
            if name in workflow.triggers:
                yield workflow, workflow.line("on"), f"{name}: {reason}"
        for job in workflow.jobs.values():
            if job_runs(workflow, job, OWN_PULL_REQUEST):
                yield from _taken(workflow, job)
            for scenario, whose in ((FORK, "a stranger"), (PACKAGES, "a bot")):
                if job_runs(workflow, job, scenario) and not _hosted(job, scenario):
                    yield (
                        workflow,
                        job.line,
                        f"a pull request of {whose} runs job {job.key} on a machine of the repository's own",
                    )
            if job_runs(workflow, job, FORK):
                for scope in writes(job):
                    yield (
                        workflow,
                        job.line,
                        f"job {job.key}: {scope}: write, and a pull request from a fork runs it",
                    )


def _shared(repository: Repository) -> Remarks:
    """Yield each job that runs unmerged code on a machine on which main's jobs run too."""
    jobs = [(workflow, job) for workflow in repository.workflows for job in workflow.jobs.values()]
    unmerged = [(flow, job) for flow, job in jobs if any(job_runs(flow, job, each) for each in UNMERGED)]
    trusted = {name for pair in jobs if pair not in unmerged for name in _machines(pair[1])}
    for workflow, job in unmerged:
        for name in sorted(_machines(job) & trusted):
            yield workflow, job.line, f"job {job.key} runs unmerged code on main's machine ({name})"


def _machines(job: Job) -> set[str]:
    return set(MACHINE.findall(str(job.tree.get("runs-on"))))


def _hosted(job: Job, scenario: Scenario) -> bool:
    """Whether a job has a machine of GitHub's, as far as a variable of the repository decides."""
    if "vars." not in (label := str(job.tree.get("runs-on"))):
        return True
    try:
        chosen = evaluate(parse(label), scenario)
    except ValueError:
        return False
    return chosen is not UNKNOWN and IMAGE.fullmatch(str(chosen)) is not None


def _taken(workflow: Workflow, job: Job) -> Remarks:
    for step in job.steps if set(writes(job)) - {"id-token"} else ():
        if step.action == "actions/checkout" and "default_branch" not in str(step.settings.get("ref")):
            yield (
                workflow,
                step.line,
                f"job {job.key} may write: it must run merged code, not the pull request's",
            )
    guarded = job.environment == READS
    for scenario, whose in ((FORK, "a stranger"), (PACKAGES, "a bot")):
        if guarded and job_runs(workflow, job, scenario):
            yield workflow, job.line, f"a pull request of {whose} asks for the environment {READS}"
    for scope in writes(job):
        if scope != "pull-requests" and not (guarded and scope == "id-token"):
            line = line_of(job.granted, scope)
            extra = "" if scope in HARMLESS else ", which changes more than a pull request may"
            yield workflow, line, f"a pull request runs job {job.key} with {scope}: write{extra}"
    if job.environment and not guarded:
        yield workflow, job.line, f"a pull request runs job {job.key} in the environment {job.environment}"
    outside = [
        workflow.tree.get("env"),
        *(job.tree.get(key) for key in ("env", "secrets", "with", "container")),
    ]
    outside += [
        step.tree
        for step in job.steps
        if step_runs(workflow, job, step, OWN_PULL_REQUEST)
        and not (guarded and set(asked(step.run)) == FETCHES)
    ]
    for tree in outside:
        for found in SECRET.finditer(str(tree or "")):
            if found["name"] != "GITHUB_TOKEN":
                yield workflow, job.line, f"a pull request runs job {job.key} with {found.group()}"
        if tree == "inherit":
            yield workflow, job.line, f"a pull request runs job {job.key} with every secret"
