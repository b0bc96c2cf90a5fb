"""Publish: a change is pushed, its checks are started where that has to be asked for, and it is proposed."""

from __future__ import annotations

import os

from trunkline.core.progress import Progress
from trunkline.forge import PullRequest, open_forge

from .work_tree import Change

CHECKS = "ci.yml"
"""The workflow that judges a pull request."""


def publish(
    made: Change,
    *,
    title: str,
    body: str,
    labels: tuple[str, ...],
    progress: Progress,
) -> PullRequest:
    """Push a change and open its pull request."""
    forge = open_forge(made.origin)
    forge.push(made.project.root, made.branch)
    # Before the pull request is there: a run that dies in between is repeated whole, and none is left without checks.
    if starts_no_checks() and forge.start(CHECKS, branch=made.branch):
        progress(f"{CHECKS} is started on {made.branch}")
    pull = forge.propose(branch=made.branch, title=title, body=body, labels=labels)
    progress(f"pull request #{pull.number}: {title}")
    return pull


def starts_no_checks() -> bool:
    """Whether the checks of pull requests opened from here wait for a person: GitHub's rule for a workflow's own token,
    so that workflows do not set each other off for ever. A run that is asked for does not wait, and a GitHub App's
    token is another's."""
    return os.environ.get("GITHUB_ACTIONS") == "true" and os.environ.get("TRUNKLINE_TOKEN") != "app"
