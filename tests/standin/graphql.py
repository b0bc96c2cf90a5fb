"""The mutations of GitHub's GraphQL API that are asked for, as its schema has them (@octokit/graphql-schema 15.26).

`pinIssue(input: PinIssueInput!): PinIssuePayload`, with `issueId: ID!`, and `issue: Issue` in the payload;
`unpinIssue` likewise.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request

from .github import GitHub, Token
from .refusal import Refused

MUTATION = re.compile(
    r"mutation\(\$id: ID!\) \{ (pinIssue|unpinIssue)\(input: \{issueId: \$id\}\) \{ issue \{ number \} \} \}"
)
MOST = 3
routes = APIRouter()


@routes.post("/graphql")
async def mutate(request: Request) -> dict[str, Any]:
    """Pin an issue, or take the pin away; errors come with status 200."""
    github: GitHub = request.app.state.github
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    token: Token | None = github.tokens.get(secret.strip()) if scheme.lower() in ("token", "bearer") else None
    if token is None:
        raise Refused(401, "Bad credentials")
    asked = await request.json()
    found = MUTATION.fullmatch(asked["query"])
    if not found or set(asked["variables"]) != {"id"}:
        return _refused("UNKNOWN", "Parse error, or a field that the schema does not have")
    if not token.may("issues", "write"):
        return _refused("FORBIDDEN", "Resource not accessible by integration")
    number = int(asked["variables"]["id"].removeprefix("I_") or 0)
    row = github.threads.get(number)
    if row is None or "head" in row:
        return _refused(
            "NOT_FOUND", f"Could not resolve to a node with the global id of '{asked['variables']['id']}'"
        )
    pinned = [other for other in github.threads.values() if other.get("pinned") and other is not row]
    if found[1] == "pinIssue" and len(pinned) >= MOST:
        return _refused("UNPROCESSABLE", "Maximum 3 pinned issues per repository")
    row["pinned"] = found[1] == "pinIssue"
    github.keep()
    return {"data": {found[1]: {"issue": {"number": number}}}}


def _refused(kind: str, message: str) -> dict[str, Any]:
    return {
        "data": {"mutation": None},
        "errors": [{"type": kind, "path": [], "locations": [], "message": message}],
    }
