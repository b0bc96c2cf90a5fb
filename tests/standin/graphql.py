"""The mutations of GitHub's GraphQL API that are asked for, held to its schema by graphql-core."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync

from . import auto_merge
from .github import GitHub, Token
from .refusal import Refused

FILE = Path(__file__).with_name("github_api.graphql")
MOST = 3
routes = APIRouter()


@cache
def _schema() -> GraphQLSchema:
    return build_schema(FILE.read_text(encoding="utf-8"))


@routes.post("/graphql")
async def mutate(request: Request) -> dict[str, Any]:
    """Carry a mutation out; errors come with status 200."""
    github: GitHub = request.app.state.github
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    token: Token | None = github.tokens.get(secret.strip()) if scheme.lower() in ("token", "bearer") else None
    if token is None:
        raise Refused(401, "Bad credentials")
    asked = await request.json()
    known = {
        "pinIssue": lambda given: _pin(github, token, given, pinned=True),
        "unpinIssue": lambda given: _pin(github, token, given, pinned=False),
        "disablePullRequestAutoMerge": lambda given: auto_merge.disable(github, token, given),
        "enablePullRequestAutoMerge": lambda given: auto_merge.enable(github, token, given),
    }
    root = {name: _taking_input(act) for name, act in known.items()}
    done = graphql_sync(_schema(), asked["query"], root, variable_values=asked.get("variables"))
    auto_merge.merge_what_is_ready(github)
    github.keep()
    errors = [
        {"type": "UNPROCESSABLE", "path": [], "locations": [], "message": error.message}
        for error in done.errors or ()
    ]
    return {"data": done.data} | ({"errors": errors} if errors else {})


def _taking_input(act: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    return lambda _, **given: act(given["input"])


def _pin(github: GitHub, token: Token, asked: dict[str, Any], *, pinned: bool) -> dict[str, Any]:
    if not token.may("issues", "write"):
        raise GraphQLError("Resource not accessible by integration")
    number = int(asked["issueId"].removeprefix("I_") or 0)
    row = github.threads.get(number)
    if row is None or "head" in row:
        raise GraphQLError(f"Could not resolve to a node with the global id of '{asked['issueId']}'")
    others = [other for other in github.threads.values() if other.get("pinned") and other is not row]
    if pinned and len(others) >= MOST:
        raise GraphQLError("Maximum 3 pinned issues per repository")
    row["pinned"] = pinned
    return {"issue": {"number": number}}
