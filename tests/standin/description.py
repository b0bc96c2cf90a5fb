"""GitHub's description of its own API: requests and responses are held to it, and its shapes are filled from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

FILE = Path(__file__).with_name("github_api.json")
HOST = "https://api.github.com"


@dataclass
class Seen:
    """A request as openapi-core wants to see it."""

    method: str
    path: str
    body: bytes | None
    parameters: RequestParameters
    host_url: str = HOST
    content_type: str = "application/json"


@dataclass(frozen=True)
class Answer:
    """A response as openapi-core wants to see it."""

    status_code: int
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@cache
def read() -> dict[str, Any]:
    """Return the description, cut to what the stand-in serves."""
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@cache
def _openapi() -> Any:
    return OpenAPI.from_dict(read())


def seen(
    method: str, path: str, query: list[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> Seen:
    """Return a request in the form that is checked."""
    parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(list(headers.items())))
    return Seen(method=method.lower(), path=path, body=body or None, parameters=parameters)


def wrong_request(request: Seen) -> str:
    """Return what is wrong with a request, empty when nothing is."""
    try:
        _openapi().validate_request(request)
    except OpenAPIError as error:
        return _reason(error)
    return ""


def wrong_answer(request: Seen, answer: Answer) -> str:
    """Return what is wrong with a response, empty when nothing is."""
    try:
        _openapi().validate_response(request, answer)
    except OpenAPIError as error:
        return _reason(error)
    return ""


def _reason(error: BaseException) -> str:
    said = [f"{type(error).__name__}: {error}"]
    said += [str(each.message) for each in getattr(error.__cause__, "schema_errors", ())]
    return "; ".join(said)[:2000]


def blank(name: str, /, **values: Any) -> dict[str, Any]:
    """Return the smallest valid object of a named schema, with these values in place of the empty ones."""
    made: dict[str, Any] = json.loads(_blank(name))
    return made | values


@cache
def _blank(name: str) -> str:
    return json.dumps(_fill(read()["components"]["schemas"][name]))


def _fill(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _fill(read()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if schema.get("nullable"):
        return None
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return _fill(schema[key][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: _fill(schema["properties"][key]) for key in schema.get("required", ())}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return 0
    formats = {"uri": HOST, "date-time": "2026-01-01T00:00:00Z", "email": "a@example.org"}
    return formats.get(schema.get("format", ""), "")
