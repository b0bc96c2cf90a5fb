"""Environments: who has to approve their jobs, and the branches that these may come from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from .description import blank
from .github import GitHub
from .paging import page
from .refusal import not_found
from .shapes import user

routes = APIRouter(prefix="/repos/{owner}/{repo}/environments")


@routes.get("")
async def environments(request: Request) -> Response:
    """List environments."""
    github: GitHub = request.app.state.github
    return page(
        request, sorted(github.environments), lambda name: _shape(github, name), within="environments"
    )


@routes.get("/{name}/deployment-branch-policies")
async def policies(request: Request, name: str) -> Response:
    """List the patterns of an environment that names its branches."""
    github: GitHub = request.app.state.github
    row = github.environments.get(name)
    if row is None or not isinstance(row.get("refs"), list):
        raise not_found()
    return page(
        request, row["refs"], lambda ref: blank("deployment-branch-policy", **ref), within="branch_policies"
    )


def _shape(github: GitHub, name: str) -> dict[str, Any]:
    row = github.environments[name]
    refs = row.get("refs")
    rules: list[dict[str, Any]] = []
    if row.get("reviewers"):
        asked = [{"type": "User", "reviewer": user(login)} for login in row["reviewers"]]
        own = {"prevent_self_review": not row.get("self_review", True), "reviewers": asked}
        rules.append({"id": 1, "node_id": "GA_1", "type": "required_reviewers", **own})
    if refs is not None:
        rules.append({"id": 2, "node_id": "GA_2", "type": "branch_policy"})
    protected = refs == "protected"
    policy = {"protected_branches": protected, "custom_branch_policies": not protected}
    return blank(
        "environment",
        name=name,
        protection_rules=rules,
        deployment_branch_policy=None if refs is None else policy,
    )
