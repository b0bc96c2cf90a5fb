"""Environments: whether the forge keeps their secrets from unmerged code, and the one issue that says where not.

A workflow cannot tell who would have to approve it. So a schedule asks, before somebody finds out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.delivery.desired_state import read_state
from trunkline.forge import Environment, Forge, Trouble, keep_issue

FINGERPRINT = "environments"
MARKER = "latest"
"""The sticky comment that is kept up to date."""
ROWS = "data"
"""The environment in which pull requests read rows behind a secret."""
TITLE = "Environments let in code that nobody approved"


def needed(project: Project, *, watched: bool) -> dict[str, str]:
    """Return the environments that hold a secret, and which; `watched` says that schedules see production.

    Raises PolicyError when a desired state cannot be read.
    """
    found = {ROWS: "what reads the rows"} if project.policy.data.rows == "environment" else {}
    if watched:
        found["automation"] = "what watches production"
    if project.policy.signatures.keys:
        found["signing"] = "the key that signs releases"
    for name in project.environments():
        if read_state(project.deployment(name)).image:
            found[name] = "what deploys"
    return found


def openings(known: Sequence[Environment], holds: Mapping[str, str], *, main: str) -> dict[str, str]:
    """Return in words, by the environment's name, how code that nobody approved gets at what it holds."""
    by_name = {each.name: each for each in known}
    found = {}
    for name, what in holds.items():
        each = by_name.get(name)
        why = _of_rows(each) if name == ROWS else _of_main(each, main)
        if why:
            found[name] = f"{why}; it holds {what}"
    return found


def _of_rows(each: Environment | None) -> str:
    if each is None:
        return "is not there, and GitHub makes it without a reviewer when a pull request first needs it"
    if not each.reviewers:
        whose = "any branch" if each.refs is None else "a branch or tag that it takes"
        return f"has no required reviewers: whoever pushes {whose} gets at it"
    return "lets whoever pushed approve it themselves" if each.self_review else ""


def _of_main(each: Environment | None, main: str) -> str:
    if each is None:
        return (
            f"is not there, and GitHub makes it for every branch when a job first names it: only {main} may"
        )
    if each.refs is None:
        return f"takes every branch, and only {main} may"
    others = [ref for ref in each.refs if ref != main]
    return f"takes {', '.join(others)}, and only {main} may" if others else ""


def look(project: Project, forge: Forge, *, watched: bool) -> tuple[str, ...]:
    """Return a line for each environment that lets too much in, and keep the issue about them.

    A forge that has none, or will not tell, is no trouble of the project; the latter is said.
    """
    holds = needed(project, watched=watched)
    if not holds:
        keep_issue(forge, FINGERPRINT, None, over="No environment holds a secret any more.")
        return ()
    try:
        known = forge.environments()
    except ForgeError as error:
        return (f"whether environments keep their secrets is not known: {error.what}",)
    if known is None:
        return ()
    found = openings(known, holds, main=project.policy.forge.main)
    over = "Each environment that holds a secret lets in only what it should."
    kept = keep_issue(forge, FINGERPRINT, _trouble() if found else None, over=over)
    lines = tuple(f"the environment {name} {why}" for name, why in found.items())
    if kept.issue is not None:
        said = "\n".join(f"- {line}" for line in lines)
        comments = forge.issue(kept.issue.number).comments
        if said not in [comment.body.strip() for comment in comments if comment.marker == MARKER]:
            forge.comment_issue(kept.issue.number, said, marker=MARKER)
    return lines


def _trouble() -> Trouble:
    return Trouble(
        TITLE,
        "Anybody with write access can push a branch whose workflow names an environment. Only the environment's own"
        " rules keep that branch from its secrets, and the comment below names where they do not.\n\n"
        "## What to do next\n\n"
        "1. Open *Settings > Environments*.\n"
        f"2. Give `{ROWS}` required reviewers, and tick *Prevent self-review*. Where the plan has none, use"
        " `data: {rows: main}` in `trunkline.yaml` and delete the environment.\n"
        "3. Set *Deployment branches and tags* of the others to *Selected branches and tags*, with `main` alone.\n"
        "4. If a branch was in, replace what the environment holds (`docs/github.md`).\n\n"
        "Trunkline closes this issue when their rules are right.\n",
        ("trunkline", "signal: infrastructure", "severity: warning"),
    )
