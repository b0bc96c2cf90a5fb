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

    Turning it on again changes nothing.
    """
    asked = {
        "pullRequestId": view.node_id,
        "expectedHeadOid": head,
        "mergeMethod": "MERGE",
        "commitHeadline": subject,
        "commitBody": body,
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


def disable(client: Client, view: PullView) -> None:
    """Turn auto-merge off."""
    client.graphql(f"auto-merge of #{view.number}", DISABLE, input={"pullRequestId": view.node_id})
