"""Publish: a change is pushed, its checks are started where that has to be asked for, and it is proposed."""

from __future__ import annotations

import os
import re

from trunkline.core.errors import ForgeError
from trunkline.core.git import git
from trunkline.core.progress import Progress
from trunkline.forge import Forge, PullRequest, open_forge

from .work_tree import Change

CHECKS = "ci.yml"
"""The workflow that judges a pull request."""


def publish(
    made: Change,
    *,
    title: str,
    body: str,
    labels: tuple[str, ...],
    evade: bool = False,
    progress: Progress,
) -> PullRequest:
    """Push a change and open its pull request; its `head` is the commit that was pushed.

    With `evade`, a branch that the forge refuses, as when somebody else's commits lie there, gets another name.
    """
    forge = open_forge(made.origin)
    branch = made.branch
    try:
        head = forge.push(made.project.root, branch)
    except ForgeError as refused:
        if not evade:
            raise
        branch, head = _push_aside(forge, made, refused, progress)
    # Before the pull request is there: a run that dies in between is repeated whole, and none is left without checks.
    if starts_no_checks() and forge.start(CHECKS, branch=branch):
        progress(f"{CHECKS} is started on {branch}")
    pull = forge.propose(branch=branch, title=title, body=body, labels=labels)
    progress(f"pull request #{pull.number}: {title}")
    return pull.model_copy(update={"head": head})


def bears(pull: PullRequest, branch: str) -> bool:
    """Whether a pull request has the name of a branch, or one that was taken instead of it."""
    return (
        pull.branch == branch
        or re.fullmatch(f"{re.escape(flat(branch))}-[0-9a-f]{{8}}", pull.branch) is not None
    )


def _push_aside(forge: Forge, made: Change, refused: ForgeError, progress: Progress) -> tuple[str, str]:
    """Push a change under a name that nobody can take before; what has its own name is told."""
    commit = git(made.project.root, "rev-parse", "HEAD")
    branch = f"{flat(made.branch)}-{commit[:8]}"
    git(made.project.root, "branch", "--force", branch, commit)
    head = forge.push(made.project.root, branch)  # where the name was not the reason, this is refused too
    said = f"This is not what Trunkline proposes, which is on `{branch}` now. Look at who pushed here."
    if taken := forge.proposed(made.branch):
        forge.comment_pull_request(taken.number, said, marker="foreign")
    progress(f"{made.branch} is taken, so the branch is {branch}: {refused.what}")
    return branch, head


def flat(branch: str) -> str:
    """Return a branch's name without folders: a branch `rollback` would keep every `rollback/…` out."""
    return branch.replace("/", "-")


def starts_no_checks() -> bool:
    """Whether the checks of pull requests opened from here wait for a person: GitHub's rule for a workflow's own token,
    so that workflows do not set each other off for ever. A run that is asked for does not wait, and a GitHub App's
    token is another's."""
    return os.environ.get("GITHUB_ACTIONS") == "true" and os.environ.get("TRUNKLINE_TOKEN") != "app"
