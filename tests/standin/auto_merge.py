"""Auto-merge: a pull request that merges once the required check is green."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from .github import GitHub, Token
from .repository import Conflict


def enable(github: GitHub, token: Token, asked: dict[str, Any]) -> dict[str, Any]:
    """Have a pull request merge by itself."""
    number = int(asked["pullRequestId"].removeprefix("PR_"))
    row = github.threads[number]
    head = github.git.tip(row["head"])
    if not (token.may("pull_requests", "write") and token.may("contents", "write")):
        raise GraphQLError("Resource not accessible by integration")
    if not github.allows_auto_merge:
        raise GraphQLError("Pull request Auto merge is not allowed for this repository")
    if asked.get("expectedHeadOid", head) != head:
        raise GraphQLError("Head sha didn't match the expected head oid")
    if not github.unmet(head):
        raise GraphQLError("Pull request Pull request is in clean status")
    row["auto_merge"] = {"title": asked.get("commitHeadline", ""), "message": asked.get("commitBody", "")}
    return {"clientMutationId": asked.get("clientMutationId")}


def disable(github: GitHub, token: Token, asked: dict[str, Any]) -> dict[str, Any]:
    """Have a pull request wait for a person again."""
    row = github.threads[int(asked["pullRequestId"].removeprefix("PR_"))]
    if not (token.may("pull_requests", "write") and token.may("contents", "write")):
        raise GraphQLError("Resource not accessible by integration")
    if not row.pop("auto_merge", None):
        raise GraphQLError("Can't disable auto-merge for this pull request")
    return {"clientMutationId": asked.get("clientMutationId")}


def merge_what_is_ready(github: GitHub) -> None:
    """Merge the pull requests that wait for nothing any more."""
    for row in github.threads.values():
        wanted, head = row.get("auto_merge"), github.git.tip(row["head"]) if "head" in row else ""
        if not wanted or row["state"] != "open" or not head or github.unmet(head):
            continue
        try:
            row["merge"] = github.git.merge(row["base"], head, f"{wanted['title']}\n\n{wanted['message']}")
        except Conflict:
            continue
        time = github.time()
        row |= {"sha": head, "state": "closed", "closed_at": time, "merged_at": time, "updated_at": time}
