"""Review: what a pull request that changes the model is told by the gates."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.errors import ForgeError
from trunkline.core.git import git
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.comment import MARKER
from trunkline.loop.changes.merged import require_clean
from trunkline.loop.model.training import train

from .judging import Judged, judge


@dataclass(frozen=True)
class Reviewed:
    """A judged bundle and the pull request that carries its report."""

    judged: Judged
    pull_request: PullRequest


def open_pull_request(project: Project, *, title: str = "", body: str = "") -> PullRequest:
    """Push the branch that is checked out and return its pull request, opened now if there is none.

    Raises ForgeError on the main branch, or with no branch checked out.
    """
    branch = git(project.root, "rev-parse", "--abbrev-ref", "HEAD")
    if branch in (project.policy.forge.main, "HEAD"):
        raise ForgeError(
            "A pull request needs a branch of its own.",
            value=branch,
            next_step="git switch -c <name>, then commit",
        )
    forge = open_forge(project)
    forge.push(project.root, branch)
    known = forge.proposed(branch)
    if known is not None and not (title or body):
        return known  # what a person wrote there stays
    subject = git(project.root, "log", "-1", "--format=%s")
    text = body or git(project.root, "log", "-1", "--format=%b")
    return forge.propose(branch=branch, title=title or subject, body=text)


def review(project: Project, *, title: str = "", progress: Progress) -> Reviewed:
    """Train and evaluate the branch that is checked out, and keep one comment with the report on its pull request."""
    require_clean(project)
    pull = open_pull_request(project, title=title)
    bundle, _, _ = train(project, progress=progress)
    judged = judge(project, bundle, progress=progress)
    report = judged.markdown.read_text(encoding="utf-8")
    pull = open_forge(project).comment_pull_request(pull.number, report, marker=MARKER)
    return Reviewed(judged=judged, pull_request=pull)
