"""Automatic: a promotion that was green merges itself where the policy says so, under the rules of the forge."""

from __future__ import annotations

from trunkline.core.project import Project
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.publishing import starts_no_checks

MARKER = "promotion"
"""The sticky comment that says who merges."""
NO_DEPLOYMENT = (
    "a merge by the workflow's own token starts no deployment: name a GitHub App in TRUNKLINE_APP_ID"
)


def let_merge(project: Project, pull: PullRequest, *, against: str = "") -> str:
    """Have a promotion merge itself where the policy says so, and say on it who merges; return that too.

    `against` is what speaks against it. Empty where a person merges, as by default.
    """
    if project.policy.rollout.promotion != "automatic":
        return ""
    forge = open_forge(project)
    if against:
        why = against
        forge.hold(pull.number)  # what an earlier look let go
    elif not pull.head:
        why = "its branch has something else than what Trunkline proposes"
    elif starts_no_checks():
        why = NO_DEPLOYMENT
    else:
        why = forge.merge_when_ready(pull.number, head=pull.head)
    said = (
        f"A person has to merge this: {why}" if why else "This merges itself once the rules of main are met."
    )
    if forge.pull_request(pull.number).state == "open":
        forge.comment_pull_request(pull.number, said, marker=MARKER)
    return said
