"""The levers of the stand-in, for tests and for runs of workflows in another process."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import shapes
from .github import Fault, GitHub, Token
from .pulls import new_pull

routes = APIRouter(prefix="/_control")


@routes.get("/state")
async def state(request: Request) -> dict[str, Any]:
    """Return everything that is kept."""
    return _github(request).dump()


@routes.get("/requests")
async def requests(request: Request, pattern: str = "") -> list[dict[str, Any]]:
    """Return the requests that came, with what GitHub's description had against them."""
    return _github(request).requests(pattern)


@routes.get("/complaints")
async def complaints(request: Request) -> list[str]:
    """Return what GitHub's description had against requests and responses: nothing, if all is well."""
    return _github(request).complaints()


@routes.get("/dispatches")
async def dispatches(request: Request) -> list[dict[str, Any]]:
    """Return the workflows that were started."""
    return _github(request).dispatches


@routes.delete("/dispatches")
async def take_dispatches(request: Request) -> list[dict[str, Any]]:
    """Return the workflows that were started, and forget them: whoever runs them takes them from here."""
    github = _github(request)
    taken, github.dispatches = github.dispatches, []
    return taken


@routes.post("/faults")
async def plant(request: Request, fault: Fault) -> dict[str, str]:
    """Let the next requests that match fail."""
    _github(request).faults.append(fault)
    return {}


@routes.put("/tokens/{name}")
async def token(request: Request, name: str, token: Token) -> dict[str, str]:
    """Make a token known, with its permissions and its expiry."""
    _github(request).tokens[name] = token
    return {}


@routes.put("/rate")
async def rate(request: Request, rate: dict[str, int]) -> dict[str, int]:
    """Set the rate limit: limit, remaining, reset."""
    _github(request).rate |= rate
    return _github(request).rate


@routes.put("/workflows/{file}")
async def workflow(request: Request, file: str, state: str = "active") -> dict[str, Any]:
    """Make a workflow known."""
    _github(request).put_workflow(file, state)
    return shapes.workflow(_github(request), file)


@routes.post("/runs")
async def run(request: Request) -> dict[str, int]:
    """Add a run; `artifacts` maps names to the zip's bytes in hexadecimal."""
    asked = await request.json()
    asked["artifacts"] = {name: bytes.fromhex(text) for name, text in asked.get("artifacts", {}).items()}
    return {"id": _github(request).put_run(**asked)}


@routes.post("/forks")
async def fork(request: Request) -> dict[str, int]:
    """Open a pull request from a fork: head, fork ("owner/name"), sha, title."""
    github = _github(request)
    asked = await request.json()
    stranger = Token(login=asked["fork"].split("/")[0], kind="User", association="NONE")
    number = github.next_number()
    github.threads[number] = new_pull(
        github, stranger, asked["head"], github.main, asked["title"], "", asked["sha"], asked["fork"]
    )
    return {"number": number}


def _github(request: Request) -> GitHub:
    github: GitHub = request.app.state.github
    return github
