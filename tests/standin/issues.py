"""Issues, comments and labels."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from . import shapes
from .github import GitHub, Token
from .paging import page
from .refusal import invalid, not_found

LONGEST = 65536
routes = APIRouter(prefix="/repos/{owner}/{repo}")


@routes.get("/issues")
async def listing(request: Request, state: str = "open", labels: str = "", since: str = "") -> Response:
    """List issues, pull requests among them, the newest first."""
    github: GitHub = request.app.state.github
    wanted = {name.lower() for name in labels.split(",") if name}
    found = [
        number
        for number, row in sorted(
            github.threads.items(), reverse=request.query_params.get("direction") != "asc"
        )
        if state in ("all", row["state"])
        and wanted <= {name.lower() for name in row["labels"]}
        and since <= row["updated_at"]
    ]
    return page(request, found, lambda number: shapes.issue(github, number))


@routes.get("/issues/{number}/events")
async def events(request: Request, number: int) -> Response:
    """List what happened to one, by the kinds that a test planted."""
    github: GitHub = request.app.state.github
    if number not in github.threads:
        raise not_found()
    return page(request, github.threads[number].get("events", ()), shapes.event)


@routes.post("/issues", status_code=201)
async def create(request: Request) -> dict[str, Any]:
    """Open an issue."""
    github: GitHub = request.app.state.github
    token: Token = request.state.token
    asked = await request.json()
    _short("Issue", asked)
    time = github.time()
    number = github.next_number()
    github.threads[number] = {
        "title": str(asked["title"]),
        "body": asked.get("body"),
        "state": "open",
        "state_reason": None,
        "labels": _named(github, asked.get("labels", ())),
        "created_at": time,
        "updated_at": time,
        "closed_at": None,
        "login": token.login,
        "kind": token.kind,
        "association": token.association,
    }
    return shapes.issue(github, number)


@routes.get("/issues/comments/{identifier}")
async def single_comment(request: Request, identifier: int) -> dict[str, Any]:
    """Return a comment."""
    github: GitHub = request.app.state.github
    if identifier not in github.comments:
        raise not_found()
    return shapes.comment(github, identifier)


@routes.patch("/issues/comments/{identifier}")
async def change_comment(request: Request, identifier: int) -> dict[str, Any]:
    """Change a comment."""
    github: GitHub = request.app.state.github
    if identifier not in github.comments:
        raise not_found()
    asked = await request.json()
    _short("IssueComment", asked)
    github.comments[identifier] |= {"body": asked["body"], "updated_at": github.time()}
    return shapes.comment(github, identifier)


@routes.get("/issues/{number}")
async def single(request: Request, number: int) -> dict[str, Any]:
    """Return one; a pull request is an issue too."""
    github, _ = _row(request, number)
    return shapes.issue(github, number)


@routes.patch("/issues/{number}")
async def change(request: Request, number: int) -> dict[str, Any]:
    """Change title, body, labels or state."""
    github, row = _row(request, number)
    asked = await request.json()
    _short("Issue", asked)
    state = asked.get("state", row["state"])
    if state != row["state"]:
        closed = state == "closed"
        row["closed_at"] = github.time() if closed else None
        row["state_reason"] = asked.get("state_reason") or ("completed" if closed else "reopened")
    row |= {key: asked[key] for key in ("title", "body") if key in asked}
    if "labels" in asked:
        row["labels"] = _named(github, asked["labels"])
    row |= {"state": state, "updated_at": github.time()}
    return shapes.issue(github, number)


@routes.get("/issues/{number}/comments")
async def comments(request: Request, number: int) -> Response:
    """List the comments of an issue or pull request, the oldest first."""
    github, _ = _row(request, number)
    found = [identifier for identifier, _ in shapes.thread_comments(github, number)]
    return page(request, found, lambda identifier: shapes.comment(github, identifier))


@routes.post("/issues/{number}/comments", status_code=201)
async def add_comment(request: Request, number: int) -> dict[str, Any]:
    """Add a comment."""
    github, row = _row(request, number)
    token: Token = request.state.token
    asked = await request.json()
    _short("IssueComment", asked)
    time = github.time()
    identifier = github.next_id()
    row["updated_at"] = time
    github.comments[identifier] = {
        "thread": number,
        "body": asked["body"],
        "created_at": time,
        "updated_at": time,
        "login": token.login,
        "kind": token.kind,
        "association": token.association,
    }
    return shapes.comment(github, identifier)


@routes.get("/issues/{number}/labels")
async def labels_of(request: Request, number: int) -> Response:
    """List the labels of an issue or pull request."""
    github, row = _row(request, number)
    return page(request, row["labels"], lambda name: shapes.label(github, name))


@routes.post("/issues/{number}/labels")
async def add_labels(request: Request, number: int) -> list[dict[str, Any]]:
    """Add labels."""
    github, row = _row(request, number)
    more = _named(github, (await request.json())["labels"])
    row["labels"] = list(dict.fromkeys([*row["labels"], *more]))
    return [shapes.label(github, name) for name in row["labels"]]


@routes.put("/issues/{number}/labels")
async def set_labels(request: Request, number: int) -> list[dict[str, Any]]:
    """Set the labels to exactly these."""
    github, row = _row(request, number)
    row["labels"] = _named(github, (await request.json())["labels"])
    row["updated_at"] = github.time()
    return [shapes.label(github, name) for name in row["labels"]]


@routes.get("/labels")
async def labels(request: Request) -> Response:
    """List the labels of the repository."""
    github: GitHub = request.app.state.github
    return page(request, sorted(github.labels), lambda name: shapes.label(github, name))


@routes.post("/labels", status_code=201)
async def create_label(request: Request) -> Response:
    """Make a label."""
    github: GitHub = request.app.state.github
    asked = await request.json()
    name = asked["name"]
    if name.lower() in github.labels:
        raise invalid("Label", code="already_exists", field="name")
    _label(github, name, asked.get("color", "ededed"), asked.get("description", ""))
    return JSONResponse(shapes.label(github, name), status_code=201)


def _row(request: Request, number: int) -> tuple[GitHub, dict[str, Any]]:
    github: GitHub = request.app.state.github
    if number not in github.threads:
        raise not_found()
    return github, github.threads[number]


def _named(github: GitHub, labels: Any) -> list[str]:
    names = [label if isinstance(label, str) else label["name"] for label in labels]
    for name in names:
        if name.lower() not in github.labels:
            _label(github, name, "ededed", "")
    return list(dict.fromkeys(github.labels[name.lower()]["name"] for name in names))


def _label(github: GitHub, name: str, color: str, description: str) -> None:
    if len(name) > 50:
        raise invalid("Label", field="name", message="name is too long (maximum is 50 characters)")
    if len(description) > 100:
        raise invalid(
            "Label", field="description", message="description is too long (maximum is 100 characters)"
        )
    github.labels[name.lower()] = {"name": name, "color": color, "description": description}


def _short(resource: str, asked: dict[str, Any]) -> None:
    if len(asked.get("body") or "") > LONGEST:
        raise invalid(resource, field="body", message=f"body is too long (maximum is {LONGEST} characters)")
    if len(str(asked.get("title") or "")) > 256:
        raise invalid(resource, field="title", message="title is too long (maximum is 256 characters)")
