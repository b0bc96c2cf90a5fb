"""Statuses: what somebody says on a commit of a check."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from .description import blank
from .github import GitHub, Token
from .refusal import invalid, not_found
from .shapes import user

LONGEST = 140
routes = APIRouter(prefix="/repos/{owner}/{repo}/statuses")


@routes.post("/{sha}", status_code=201)
async def create(request: Request, sha: str) -> dict[str, Any]:
    """Set a status; the newest of a context counts."""
    github: GitHub = request.app.state.github
    token: Token = request.state.token
    asked = await request.json()
    if not github.git.has(sha):
        raise not_found()
    if len(asked.get("description") or "") > LONGEST:
        raise invalid("Status", code="custom", message="description is too long (maximum is 140 characters)")
    time = github.time()
    row = {"sha": sha, "context": asked.get("context", "default"), "state": asked["state"]}
    github.statuses.append(row | {"login": token.login, "description": asked.get("description")})
    return blank(
        "status",
        state=asked["state"],
        context=row["context"],
        description=asked.get("description"),
        target_url=asked.get("target_url"),
        created_at=time,
        updated_at=time,
        creator=user(token.login, token.kind),
    )
