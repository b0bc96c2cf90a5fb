"""Workflows, their runs and artifacts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from . import shapes
from .github import WORKFLOWS, GitHub
from .paging import page
from .refusal import Refused, not_found

routes = APIRouter(prefix="/repos/{owner}/{repo}/actions")
files = APIRouter(prefix="/_files")


@routes.get("/workflows")
async def workflows(request: Request) -> Response:
    """List workflows."""
    github: GitHub = request.app.state.github
    github.discover()
    return page(
        request, sorted(github.workflows), lambda file: shapes.workflow(github, file), within="workflows"
    )


@routes.get("/workflows/{workflow}")
async def workflow(request: Request, workflow: str) -> dict[str, Any]:
    """Return a workflow, by its file name or identifier."""
    return shapes.workflow(request.app.state.github, _file(request, workflow))


@routes.get("/workflows/{workflow}/runs")
async def runs_of(request: Request, workflow: str) -> Response:
    """List the runs of a workflow, the newest first."""
    file = _file(request, workflow)
    github: GitHub = request.app.state.github
    found = [identifier for identifier in _runs(request) if github.runs[identifier]["workflow"] == file]
    return page(request, found, lambda identifier: shapes.run(github, identifier), within="workflow_runs")


@routes.post("/workflows/{workflow}/dispatches", status_code=204)
async def dispatch(request: Request, workflow: str) -> Response:
    """Write down that a workflow is to be started."""
    file = _file(request, workflow)
    github: GitHub = request.app.state.github
    asked = await request.json()
    branch = asked["ref"].removeprefix("refs/heads/")
    if not github.git.tip(branch):
        raise Refused(422, f"No ref found for: {asked['ref']}")
    if github.workflows[file]["state"] != "active":
        raise Refused(403, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    text = github.git.text(branch, WORKFLOWS + file)
    if text and "workflow_dispatch" not in text:
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    inputs = asked.get("inputs", {})
    github.dispatches.append({"workflow": file, "branch": branch, "inputs": inputs, "time": github.time()})
    return Response(status_code=204)


@routes.put("/workflows/{workflow}/enable", status_code=204)
async def enable(request: Request, workflow: str) -> Response:
    """Let a workflow run again."""
    request.app.state.github.workflows[_file(request, workflow)]["state"] = "active"
    return Response(status_code=204)


@routes.get("/runs")
async def runs(request: Request) -> Response:
    """List runs, the newest first."""
    github: GitHub = request.app.state.github
    return page(
        request, _runs(request), lambda identifier: shapes.run(github, identifier), within="workflow_runs"
    )


@routes.get("/runs/{run}/artifacts")
async def artifacts(request: Request, run: int, name: str = "") -> Response:
    """List the artifacts of a run."""
    github: GitHub = request.app.state.github
    if run not in github.runs:
        raise not_found()
    found = [
        identifier
        for identifier, row in sorted(github.artifacts.items())
        if row["run"] == run and name in ("", row["name"])
    ]
    return page(request, found, lambda identifier: shapes.artifact(github, identifier), within="artifacts")


@routes.get("/artifacts/{identifier}/zip")
async def download(request: Request, identifier: int) -> Response:
    """Send on to where the artifact lies, for a minute."""
    github: GitHub = request.app.state.github
    if identifier not in github.artifacts:
        raise not_found()
    if github.artifacts[identifier]["expired"]:
        raise Refused(410, "Artifact has expired")
    place = str(request.base_url).replace(
        "//127.0.0.1", "//localhost"
    )  # another host, as GitHub's storage is
    return RedirectResponse(f"{place}_files/{identifier}.zip", status_code=302)


@files.get("/{identifier}.zip")
async def content(request: Request, identifier: int) -> Response:
    """Return the bytes of an artifact; a token has no business here, as with GitHub's storage."""
    if "authorization" in request.headers:
        return Response("Only one authentication mechanism is allowed", status_code=400)
    github: GitHub = request.app.state.github
    return Response(bytes.fromhex(github.artifacts[identifier]["zip"]), media_type="application/zip")


def _file(request: Request, workflow: str) -> str:
    github: GitHub = request.app.state.github
    github.discover()
    for file, row in github.workflows.items():
        if workflow in (file, str(row["id"])):
            return file
    raise not_found()


def _runs(request: Request) -> list[int]:
    github: GitHub = request.app.state.github
    query = request.query_params
    wanted = {key: query[key] for key in ("head_sha", "event") if key in query}
    return [
        identifier
        for identifier, row in sorted(
            github.runs.items(), key=lambda item: (item[1]["created_at"], item[0]), reverse=True
        )
        if all(row[key] == value for key, value in wanted.items())
        and query.get("status", "") in ("", row["status"], row["conclusion"])
        and query.get("branch", "") in ("", row["head_branch"])
    ]
