"""Amazon SageMaker's way of asking: `GET /ping`, and `POST /invocations` with JSON, JSON Lines or CSV.

An invocation becomes a request of /predict or /predict/batch, with the same access, limits, contract and log.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.core.contract import Column
from trunkline.core.reading import DoubledKey, single
from trunkline.inputs import input_of

from ..bodies import LARGEST_BODY, Unreadable, read_content
from ..replies import Json, sorry
from ..service import Service
from .events import Reply, asked

JSON, LINES, CSV = "application/json", ("application/jsonlines", "application/x-jsonlines"), "text/csv"
MARK = "\ufeff"


class Invocations:
    """An application that SageMaker can ask too."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"] == "/ping" and scope["method"] in ("GET", "HEAD"):
            scope = {**scope, "path": "/ready", "raw_path": b"/ready"}
        if scope["type"] != "http" or scope["path"] != "/invocations":
            await self._app(scope, receive, send)
        elif scope["method"] != "POST":
            await sorry("/invocations takes POST.", 405, {"allow": "POST"})(scope, receive, send)
        else:
            await (await self._invoked(scope, receive))(scope, receive, send)

    async def _invoked(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        kind, words = _kind(headers.get("content-type", JSON))
        if kind not in (JSON, CSV, *LINES):
            return sorry(f"Send {JSON}, {LINES[0]} or {CSV}.", 415, {"accept": JSON})
        try:
            body = await read_content(Request(scope, receive))
        except Unreadable as refusal:
            return sorry(refusal.error, refusal.status, refusal.headers)
        except ClientDisconnect:
            return sorry("The client has gone.", 400)
        if kind == JSON:
            return _response(await self._ask(scope, "/predict/batch" if _many(body) else "/predict", body))
        try:
            rows = _lines(body) if kind in LINES else self._cells(body.decode("utf-8-sig"), words)
        except (ValueError, csv.Error) as error:
            return sorry(f"The body cannot be read: {error}.", 422)
        reply = await self._ask(scope, "/predict/batch", json.dumps({"rows": rows}).encode())
        if reply.status != 200:
            return _response(reply)
        answers = json.loads(bytes(reply.body))["answers"]
        wanted = _kind(headers.get("accept", ""))[0]
        if kind == CSV and wanted in ("", "*/*", CSV):
            return _written(_table(answers), CSV)
        if kind in LINES and wanted in ("", "*/*", *LINES):
            return _written("".join(json.dumps(answer) + "\n" for answer in answers), kind)
        return Json({"answers": answers})

    async def _ask(self, scope: Scope, path: str, body: bytes) -> Reply:
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name not in (b"content-type", b"content-length")
        ]
        headers += [(b"content-type", JSON.encode()), (b"content-length", str(len(body)).encode())]
        return await asked(
            self._app, {**scope, "path": path, "raw_path": path.encode(), "headers": headers}, body
        )

    def _cells(self, text: str, words: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the rows of a CSV; without a line of names, its columns are the model's features in their order."""
        columns = {column.name: column for column in self._service.live.requests.columns}
        lines = [cells for cells in csv.reader(io.StringIO(text, newline="")) if cells]
        if words.get("header") == "absent":
            names = [column.name for column in self._service.live.champion.bundle.contract.features]
        elif lines:
            names = lines.pop(0)
        if not lines:
            raise ValueError("it has no row")
        if wrong := next((cells for cells in lines if len(cells) != len(names)), None):
            raise ValueError(f"a row has {len(wrong)} values, and there are {len(names)} columns")
        # As JSON each row says the names once more: what is refused for its size then is not written first.
        if len(lines) * sum(map(len, names)) > LARGEST_BODY:
            raise ValueError(f"as JSON it has more than {LARGEST_BODY} bytes: split it")
        return [_parsed(names, cells, columns) for cells in lines]


def _parsed(names: Sequence[str], cells: Sequence[str], columns: Mapping[str, Column]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        row[name] = cell or None
        if cell and name in columns:
            try:
                row[name] = input_of(columns[name]).parse(cell)
            except ValueError:
                continue  # the contract says what is wrong with it
    return row


def _kind(header: str) -> tuple[str, dict[str, str]]:
    kind, *parameters = header.split(";")
    found = (parameter.partition("=") for parameter in parameters)
    return kind.strip().lower(), {
        name.strip().lower(): value.strip().strip('"').lower() for name, _, value in found
    }


def _many(body: bytes) -> bool:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return False  # /predict says what is wrong with it
    return isinstance(found, dict) and isinstance(found.get("rows"), list)


def _lines(body: bytes) -> list[Any]:
    try:
        rows = [json.loads(line, object_pairs_hook=single) for line in body.splitlines() if line.strip()]
    except DoubledKey as error:
        raise ValueError(f"the field {error.key[:80]} stands twice") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("a line is not JSON") from error
    if not rows:
        raise ValueError("it has no line")
    return rows


def _table(answers: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    names = list(dict.fromkeys(name for answer in answers for name in answer))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(_row(answer.get(name) for name in names) for answer in answers)
    return stream.getvalue()


def _row(values: Iterable[object]) -> list[object]:
    return [json.dumps(value) if isinstance(value, dict | list | bool) else value for value in values]


def _response(reply: Reply) -> Response:
    headers = {name: value for name, value in reply.headers if name != "content-length"}
    return Response(bytes(reply.body), reply.status, headers=headers)


def _written(text: str, kind: str) -> Response:
    return Response(text, media_type=kind)
