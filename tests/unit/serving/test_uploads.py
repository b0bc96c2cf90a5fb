"""An image as a file, alone or in a form: the same row as in base64, within the same limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from trunkline.core.contract import Column, Role
from trunkline.inputs.image_file import content_of
from trunkline.inputs.png import plain
from trunkline.serving.app import create_app
from trunkline.serving.requests import RequestModel

from .conftest import guard_of

FILE = content_of(plain(4, 3, (1, 2, 3)))
PNG = {"content-type": "image/png"}
USER = Column(name="user", type="text", role=Role.USER)
PICTURE = Column(name="picture", type="image", longest=4000)
LIMIT = 3000


def ask(made: Any, path: str = "/predict", **more: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(made.service, guard_of()))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.post(path, **more)

    return asyncio.run(run())


@pytest.fixture
def made(bench: Any) -> Any:
    made = bench()
    made.live.requests = RequestModel([USER, PICTURE])
    made.live.decoding.heavy = True
    contract = made.live.champion.bundle.contract
    assert contract.features[0].name == "x"
    made.champion.predict = lambda columns: type(made.champion)(1.0).predict(
        {"x": [2.0 for _ in columns["x"]]}
    )
    return made


@pytest.mark.parametrize(
    "sent",
    [
        {"content": FILE, "headers": PNG},
        {"content": FILE, "headers": {"content-type": "IMAGE/PNG; q=1"}},
        {"files": {"picture": ("a.png", FILE, "image/png")}},
        {"json": {"picture": plain(4, 3, (1, 2, 3))}},
    ],
    ids=["file", "parameters", "form", "json"],
)
def test_however_it_is_sent_it_is_the_same_row(made: Any, sent: Any) -> None:
    assert ask(made, **sent).status_code == 200
    found = made.lines()[0].inputs["picture"]
    assert (found["width"], found["height"], found["bytes"]) == (4, 3, len(FILE))


@pytest.mark.parametrize("kind", ["file", "form"])
def test_a_file_that_is_no_image_breaks_the_contract(made: Any, kind: str) -> None:
    junk = b"\r\n--x GIF89a"
    sent = {"content": junk, "headers": PNG} if kind == "file" else {"files": {"picture": ("a.png", junk)}}
    answer = ask(made, **sent)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "picture"


@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=b"])
@pytest.mark.parametrize("said", [True, False], ids=["announced", "unannounced"])
def test_of_a_file_that_is_too_large_no_more_is_read(made: Any, kind: str, said: bool) -> None:
    pieces: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            pieces.append(1000)
            yield bytes(1000)

    async def run() -> int:
        headers = [(b"content-type", kind.encode())]
        headers += [(b"content-length", b"999999")] if said else []
        stream, status = endless(), [0]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": await anext(stream), "more_body": True}

        async def send(message: Any) -> None:
            status[0] = message.get("status", status[0])

        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/predict",
            "headers": headers,
            "query_string": b"",
        }
        rest: dict[str, Any] = {
            "http_version": "1.1",
            "scheme": "http",
            "root_path": "",
            "client": None,
            "server": None,
        }
        scope |= rest
        await create_app(made.service, guard_of())(scope, receive, send)
        return status[0]

    assert asyncio.run(run()) == 413
    assert sum(pieces) <= (0 if said else LIMIT + 3000)


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n' + FILE + b"\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (FORM, 200),
        (FORM[:-8], 400),
        (FORM.replace(b'"picture"', b'"photo"'), 400),
        (FORM.replace(b"--b--", FORM), 400),
        (FORM.replace(b"filename", b"\r\nContent-Transfer-Encoding: base64\r\nx"), 400),
        (b"", 400),
    ],
    ids=["right", "cut", "name", "two", "encoded", "empty"],
)
def test_a_form_has_one_part_alone(made: Any, form: bytes, status: int) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert ask(made, content=form, headers=headers).status_code == status
    nameless = {"content-type": "multipart/form-data"}
    assert ask(made, content=form, headers=nameless).status_code == 400


def test_a_file_is_no_row_where_more_is_required_and_no_batch(bench: Any, made: Any) -> None:
    assert ask(bench(image=True), content=FILE, headers=PNG).status_code == 415
    assert ask(made, "/predict/batch", content=FILE, headers=PNG).status_code == 415


def test_the_description_names_files_where_they_are_taken(bench: Any, made: Any) -> None:
    def kinds(one: Any) -> set[str]:
        paths = create_app(one.service, guard_of()).openapi()["paths"]
        assert set(paths["/predict/batch"]["post"]["requestBody"]["content"]) == {"application/json"}
        return set(paths["/predict"]["post"]["requestBody"]["content"])

    assert kinds(made) == {"application/json", "image/jpeg", "image/png", "multipart/form-data"}
    assert kinds(bench(image=True)) == {"application/json"}
