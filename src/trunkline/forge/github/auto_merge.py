"""Auto-merge: GitHub merges a pull request by itself once its ruleset is content."""

from __future__ import annotations

from trunkline.forge.protocol import MOVED

from .client import Client
from .refusals import Declined
from .views import PullView

ENABLE = """
mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { clientMutationId }
}
"""
DISABLE = """
mutation ($input: DisablePullRequestAutoMergeInput!) {
  disablePullRequestAutoMerge(input: $input) { clientMutationId }
}
"""
"""Only the GraphQL API knows them."""
JUDGED = "Judged: "
"""Begins the line of the merge's message that names the commit; auto-merge stays on when somebody pushes more."""
SWITCHES = {
    "auto merge is not allowed": "tick `Allow auto-merge` under Settings > General > Pull Requests",
    "protected branch rules not configured": "import .github/rulesets/main.json under Settings > Rules: without rules"
    " nothing would have to be green",
    "clean status": "merge it by hand: main asks for nothing more. If that is so before its checks have run, import"
    " .github/rulesets/main.json under Settings > Rules",
    "resource not accessible": "give the token `pull-requests: write` and `contents: write`",
}
"""What GitHub says where it will not, and what to do then."""


def enable(client: Client, view: PullView, *, head: str, subject: str, body: str) -> str:
    """Turn auto-merge on if `head` is still the commit of its branch; return why GitHub will not, empty where it does.

    The merge's message names `head`. Turning it on again changes nothing, so it is turned off first for another commit.
    """
    if view.auto_merge and _judged(view) != head:
        disable(client, view)
    asked = {
        "pullRequestId": view.node_id,
        "expectedHeadOid": head,
        "mergeMethod": "MERGE",
        "commitHeadline": subject,
        "commitBody": f"{body}\n{JUDGED}{head}",
    }
    try:
        client.graphql(f"auto-merge of #{view.number}", ENABLE, input=asked)
    except Declined as refused:
        if refused.says("expected head"):
            return f"its branch has {MOVED}"
        for said, step in SWITCHES.items():
            if refused.says(said):
                return f"GitHub will not merge it by itself ({said}): {step}"
        raise
    return ""


def moved(view: PullView) -> str:
    """Return the commit of the branch of a pull request that merges itself, if it is another than was judged."""
    judged = _judged(view)
    return view.head.sha if judged and judged != view.head.sha else ""


def _judged(view: PullView) -> str:
    lines = str((view.auto_merge or {}).get("commit_message") or "").splitlines()
    return next((line.removeprefix(JUDGED) for line in lines if line.startswith(JUDGED)), "")


def disable(client: Client, view: PullView) -> None:
    """Turn auto-merge off."""
    client.graphql(f"auto-merge of #{view.number}", DISABLE, input={"pullRequestId": view.node_id})
