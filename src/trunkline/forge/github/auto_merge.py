"""Auto-merge: GitHub merges a pull request by itself once its ruleset is content."""

from __future__ import annotations

from .client import Client
from .refusals import Declined
from .views import PullView

ENABLE = """
mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { clientMutationId }
}
"""
"""Only the GraphQL API knows it."""
SWITCHES = {
    "auto merge is not allowed": "tick `Allow auto-merge` under Settings > General > Pull Requests",
    "protected branch rules not configured": "import .github/rulesets/main.json under Settings > Rules: without rules"
    " nothing would have to be green",
    "clean status": "merge it by hand: main asks for nothing more. If that is so before its checks have run, import"
    " .github/rulesets/main.json under Settings > Rules",
    "resource not accessible": "give the token `pull-requests: write` and `contents: write`",
}
"""What GitHub says where it will not, and what to do then."""


def enable(client: Client, view: PullView, *, subject: str, body: str) -> str:
    """Turn auto-merge on for the head that was looked at; return why GitHub will not, empty where it does.

    Turning it on again changes nothing.
    """
    asked = {
        "pullRequestId": view.node_id,
        "expectedHeadOid": view.head.sha,
        "mergeMethod": "MERGE",
        "commitHeadline": subject,
        "commitBody": body,
    }
    try:
        client.graphql(f"auto-merge of #{view.number}", ENABLE, input=asked)
    except Declined as refused:
        for said, step in SWITCHES.items():
            if refused.says(said):
                return f"GitHub will not merge it by itself ({said}): {step}"
        raise
    return ""
