"""Pull requests: opened, changed and merged as GitHub does it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from . import shapes
from .github import GitHub, Token
from .paging import page
from .refusal import Refused, invalid, not_found
from .repository import Conflict

routes = APIRouter(prefix="/repos/{owner}/{repo}")


@routes.get("/pulls")
async def listing(request: Request, state: str = "open", head: str = "", base: str = "") -> Response:
    """List pull requests, the newest first."""
    github: GitHub = request.app.state.github
    found = [
        number
        for number, row in sorted(
            github.threads.items(), reverse=request.query_params.get("direction") != "asc"
        )
        if "head" in row
        and state in ("all", row["state"])
        and (not head or head == f"{(row['fork'] or github.repository).split('/')[0]}:{row['head']}")
        and base in ("", row["base"])
    ]
    return page(request, found, lambda number: shapes.pull(github, number))


@routes.post("/pulls", status_code=201)
async def create(request: Request) -> dict[str, Any]:
    """Open a pull request."""
    github: GitHub = request.app.state.github
    token: Token = request.state.token
    asked = await request.json()
    head = asked["head"].removeprefix(f"{github.owner}:")
    base = asked["base"]
    if token.login == "github-actions[bot]" and not github.bots_propose:
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    if not (tip := github.git.tip(head)):
        raise invalid("PullRequest", code="invalid", field="head")
    if not github.git.tip(base):
        raise invalid("PullRequest", code="invalid", field="base")
    if any(
        (row.get("head"), row["state"], row.get("fork")) == (head, "open", "") and row["base"] == base
        for row in github.threads.values()
    ):
        raise invalid("PullRequest", message=f"A pull request already exists for {github.owner}:{head}.")
    if not github.git.ahead(f"refs/heads/{base}", tip):
        raise invalid("PullRequest", message=f"No commits between {base} and {head}")
    number = github.next_number()
    github.threads[number] = new_pull(github, token, head, base, asked["title"], asked.get("body"), tip)
    return shapes.pull(github, number, whole=True)


def new_pull(
    github: GitHub, token: Token, head: str, base: str, title: str, body: str | None, sha: str, fork: str = ""
) -> dict[str, Any]:
    """Return the row of a pull request that was opened just now."""
    time = github.time()
    return {
        "head": head,
        "base": base,
        "fork": fork,
        "sha": sha,
        "title": title,
        "body": body,
        "state": "open",
        "labels": [],
        "merge": "",
        "merged_at": None,
        "created_at": time,
        "updated_at": time,
        "closed_at": None,
        "login": token.login,
        "kind": token.kind,
        "association": token.association,
    }


@routes.get("/pulls/{number}")
async def single(request: Request, number: int) -> dict[str, Any]:
    """Return one."""
    _, _ = _row(request, number)
    return shapes.pull(request.app.state.github, number, whole=True)


@routes.patch("/pulls/{number}")
async def change(request: Request, number: int) -> dict[str, Any]:
    """Change title, body or state."""
    github, row = _row(request, number)
    asked = await request.json()
    state = asked.get("state", row["state"])
    if row["merged_at"] and state == "open":
        raise invalid("PullRequest", field="state", code="invalid")
    if state == "closed" and row["state"] == "open":
        row |= {"closed_at": github.time(), "sha": github.git.tip(row["head"]) or row["sha"]}
    elif state == "open":
        row["closed_at"] = None
    row |= {key: asked[key] for key in ("title", "body") if key in asked}
    row |= {"state": state, "updated_at": github.time()}
    return shapes.pull(github, number, whole=True)


@routes.put("/pulls/{number}/merge")
async def merge(request: Request, number: int) -> dict[str, Any]:
    """Merge, if the head is still the one that was looked at."""
    github, row = _row(request, number)
    asked = await request.json()
    head = github.git.tip(row["head"])
    if row["state"] != "open" or not head or row["fork"]:
        raise Refused(405, "Pull Request is not mergeable")
    if asked.get("sha", head) != head:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if unmet := github.unmet(head):
        raise Refused(405, unmet)
    title = asked.get("commit_title") or f"Merge pull request #{number} from {row['head']}"
    message = f"{title}\n\n{asked.get('commit_message', row['title'])}"
    try:
        row["merge"] = github.git.merge(row["base"], head, message)
    except Conflict:
        raise Refused(405, "Pull Request is not mergeable") from None
    time = github.time()
    row |= {"sha": head, "state": "closed", "closed_at": time, "merged_at": time, "updated_at": time}
    return {"sha": row["merge"], "merged": True, "message": "Pull Request successfully merged"}


@routes.get("/commits/{sha}/pulls")
async def of_commit(request: Request, sha: str) -> Response:
    """List the pull requests that brought a commit, or would."""
    github: GitHub = request.app.state.github
    found = [
        number
        for number, row in sorted(github.threads.items())
        if "head" in row
        and (
            sha in github.git.brought(row["merge"])
            if row["merge"]
            else row["state"] == "open" and github.git.tip(row["head"]) == sha
        )
    ]
    return page(request, found, lambda number: shapes.pull(github, number))


def _row(request: Request, number: int) -> tuple[GitHub, dict[str, Any]]:
    github: GitHub = request.app.state.github
    row = github.threads.get(number, {})
    if "head" not in row:
        raise not_found()
    return github, row
