"""Automatic: a promotion that was green merges itself where the policy says so, under the rules of the forge."""

from __future__ import annotations

from trunkline.core.project import Project
from trunkline.delivery import DesiredState
from trunkline.forge import Forge, PullRequest, open_forge
from trunkline.loop.changes.publishing import bears, starts_no_checks

from .promoting import back_branch, promotes

STAGE = "stage"
"""The sticky comment that keeps an open pull request's evidence up to date."""
MARKER = "promotion"
"""The sticky comment that says who merges."""
NO_DEPLOYMENT = (
    "a merge by the workflow's own token starts no deployment: name a GitHub App in TRUNKLINE_APP_ID"
)


def show_judgement(project: Project, forge: Forge, state: DesiredState, action: str, report: str) -> None:
    """Tell what was proposed before, by an earlier judgement or a person, what is known now of the challenger.

    Where promotions merge themselves, none goes on to do so, whichever stage it is to.
    """
    automatic = project.policy.rollout.promotion == "automatic"
    number = state.challenger.version if state.challenger else 0
    for pull in forge.pull_requests(state="open"):
        onward = action != "go on" and promotes(pull, state, number)
        if onward and automatic:
            forge.hold(pull.number)
        if onward and automatic and action == "go back":
            forge.close_pull_request(pull.number, comment=report)
        elif onward or (action != "go back" and bears(pull, back_branch(state))):
            forge.comment_pull_request(pull.number, report, marker=STAGE)


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
