"""The API's description: the bodies it gives, and those it takes as the loaded contract has them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from trunkline.tasks import task_of

from .access import Guard, needs
from .release import Loaded
from .uploads import described


class Answer(BaseModel):
    """The answer to one row; `describe` adds the fields of the contract's task."""

    id: str
    """Names this answer in the prediction log and in ground truth."""
    version: int


class Batch(BaseModel):
    """The answers to a batch, in the order of its rows."""

    answers: list[Answer]


class FieldProblem(BaseModel):
    """One field that broke the contract."""

    field: str
    value: Any
    rule: str
    hint: str
    row: int | None = None


class Problems(BaseModel):
    """Why a request was refused."""

    error: str
    problems: list[FieldProblem] = []


def describe(app: FastAPI, live: Loaded, guard: Guard) -> dict[str, Any]:
    """Return the OpenAPI description of an application that serves `live` to those whom the guard admits."""
    contract, release = live.champion.bundle.contract, live.release
    words = f"{contract.description}\n\n" if contract.description else ""
    made = get_openapi(
        title=contract.name,
        version=str(release.champion.version),
        description=f"{words}Serves version {release.champion.version} in {release.environment}.{_decided(live)}",
        routes=app.routes,
    )
    schemas = live.requests.schemas()
    components = made.setdefault("components", {}).setdefault("schemas", {})
    components |= {"Row": schemas["Row"], "Rows": schemas["Batch"]}
    fields = task_of(contract).schema(contract)
    components["Answer"]["properties"] |= fields
    components["Answer"]["required"] += list(fields)
    for path, name in (("/predict", "Row"), ("/predict/batch", "Rows")):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        if name == "Row" and live.requests.sole:
            content |= described(live.requests.sole)
        made["paths"][path]["post"]["requestBody"] = {"required": True, "content": content}
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, methods in made["paths"].items():
        if (scope := needs(path)) and scope not in guard.open_to_anyone:
            for told in methods.values():
                told["security"] = [{"key": [scope]}]
    return made


def _decided(live: Loaded) -> str:
    """Return when which class is the answer, of each version that has a threshold; empty where none has."""
    lines = [
        f" In version {served.route.version} `prediction` is {decision.rule()}, otherwise the other class."
        for served in (live.champion, live.challenger)
        if served is not None and (decision := served.bundle.manifest.decision) is not None
    ]
    return "".join(lines)
