"""The application: what every request goes through, whatever it asks."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from . import actions, auto_merge, control, environments, graphql, issues, pulls, shapes, statuses
from .description import Answer, seen, wrong_answer, wrong_request
from .github import Fault, GitHub, Token
from .refusal import Refused, not_found

OWN = ("/_control", "/_files", "/graphql")
"""Paths that are not in the description of the REST API."""
ACCEPTED = "x-accepted-github-permissions"


def make_app(github: GitHub) -> FastAPI:
    """Return the application over a state; its endpoints never wait midway, so each request is carried out whole."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.github = github
    for router in (
        control.routes,
        actions.files,
        actions.routes,
        pulls.routes,
        issues.routes,
        statuses.routes,
        environments.routes,
        graphql.routes,
    ):
        app.include_router(router)

    @app.get("/repos/{owner}/{repo}")
    async def repository() -> dict[str, Any]:
        return shapes.repository(github, schema="full-repository")

    @app.exception_handler(Refused)
    async def refused(request: Request, refusal: Refused) -> Response:
        return JSONResponse(refusal.body, status_code=refusal.status, headers=refusal.headers)

    @app.middleware("http")
    async def guard(request: Request, go_on: RequestResponseEndpoint) -> Response:
        if request.url.path.startswith(OWN):
            return await go_on(request)
        body = await request.body()
        query = list(request.query_params.multi_items())
        asked = seen(request.method, request.url.path, query, request.headers, body)
        row: dict[str, Any] = {
            "method": request.method,
            "path": request.url.path,
            "query": dict(query),
            "body": json.loads(body) if body else None,
            "wrong": wrong_request(asked),
            "accepted": "",
        }
        github.seen.append(row)
        fault = _fault(github, row)
        if fault and not fault.after:
            answer: Response = _failed(fault)
        else:
            try:
                if row["wrong"]:
                    raise Refused(400, f"Not in GitHub's description: {row['wrong']}")
                request.state.token = _let_in(github, request, row)
                answer = await go_on(request)
                auto_merge.merge_what_is_ready(github)
                github.keep()
            except Refused as refusal:
                answer = JSONResponse(refusal.body, status_code=refusal.status, headers=refusal.headers)
        content = await _content(answer)
        row["status"] = answer.status_code
        if answer.status_code < 300 and not row["wrong"]:
            kind = answer.headers.get("content-type", "application/json").split(";")[0]
            given = Answer(answer.status_code, content, dict(answer.headers), kind)
            if wrong := wrong_answer(asked, given):
                row["wrong"] = f"answer: {wrong}"
        if fault and fault.after:
            answer = _failed(fault)
            content = bytes(answer.body)
        headers = {key: value for key, value in answer.headers.items() if key != "content-length"}
        headers = {f"x-ratelimit-{key}": str(value) for key, value in github.rate.items()} | headers
        headers |= {ACCEPTED: row["accepted"]} if row["accepted"] else {}
        return Response(content, status_code=answer.status_code, headers=headers)

    return app


async def _content(answer: Response) -> bytes:
    parts = getattr(answer, "body_iterator", None)
    return bytes(answer.body) if parts is None else b"".join([bytes(part) async for part in parts])


def _fault(github: GitHub, row: dict[str, Any]) -> Fault | None:
    for fault in github.faults:
        if not re.search(fault.pattern, f"{row['method']} {row['path']}") or not fault.times:
            continue
        if fault.skip:
            fault.skip -= 1
            continue
        fault.times -= 1
        return fault
    return None


def _failed(fault: Fault) -> JSONResponse:
    body = fault.body or {"message": "Planted by the test", "status": str(fault.status)}
    return JSONResponse(body, status_code=fault.status, headers=fault.headers)


def _let_in(github: GitHub, request: Request, row: dict[str, Any]) -> Token:
    """Return whose request it is, if they may make it; repositories that are not there are not there for anyone."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    token = github.tokens.get(secret.strip()) if scheme.lower() in ("token", "bearer") else None
    if token is None or token.uses == 0:
        raise Refused(401, "Bad credentials")
    if token.uses is not None:
        token.uses -= 1
    if github.rate["remaining"] <= 0:
        raise Refused(403, "API rate limit exceeded for installation.")
    github.rate["remaining"] -= 1
    parts = request.url.path.strip("/").split("/")
    if "/".join(parts[1:3]).lower() != github.repository.lower():
        raise not_found()
    level = "read" if request.method == "GET" else "write"
    areas = _areas(github, request.method, parts[3:])
    row["accepted"] = "; ".join(f"{area}={level}" for area in areas)  # told whether the token has it or not
    if not any(token.may(area, level) for area in areas):
        raise Refused(403, "Resource not accessible by integration")
    return token


def _areas(github: GitHub, method: str, parts: list[str]) -> tuple[str, ...]:
    """Return the areas of which one is needed."""
    match parts:
        case []:
            return ("metadata",)
        case ["actions", *_] | ["environments", *_]:
            return ("actions",)
        case ["pulls", _, "merge"]:
            return ("contents",)
        case ["pulls", *_] | ["commits", _, "pulls"]:
            return ("pull_requests",)
        case ["statuses", _]:
            return ("statuses",)
        case ["issues", number, *_] if number.isdigit() and "head" not in github.threads.get(int(number), {}):
            return ("issues",)
        case ["issues", _, "events"]:
            return ("issues",)
        case ["issues"] if method == "POST":
            return ("issues",)
        case _:
            return ("issues", "pull_requests")
