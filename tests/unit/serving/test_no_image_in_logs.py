"""Whatever is wrong with a request, neither the prediction log nor the service's own holds a part of its image."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest

from trunkline.inputs.image_file import text_of
from trunkline.inputs.png import png
from trunkline.serving.app import create_app

from .conftest import guard_of

FILE = png(8, 8, np.random.default_rng(1).bytes(192))
PICTURE = text_of(FILE)
HEAD = 44
"""Characters in which every PNG of this size begins: its signature and header."""
PART = 12
ROW = {"user": "u", "x": 2, "picture": PICTURE}
CUT = PICTURE[:-40]


def parts(text: str) -> set[str]:
    return {text[place : place + PART] for place in range(HEAD, len(text) - PART)}


def ask(made: Any, path: str, body: bytes) -> int:
    async def run() -> int:
        transport = httpx.ASGITransport(create_app(made.service, guard_of()))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            answer = await client.post(path, content=body, headers={"content-type": "application/json"})
            await made.service.settled()
            return answer.status_code

    return asyncio.run(run())


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "picture": CUT},
        {**ROW, "picture": f"data:image/png;base64,{PICTURE}"},
        {**ROW, "picture": [PICTURE]},
        {**ROW, "picture": {"file": PICTURE}},
        {**ROW, "picture": PICTURE + "!"},
        {**ROW, "x": PICTURE},
        {**ROW, "x": {"a": PICTURE}},
        {**ROW, "user": [PICTURE]},
        {**ROW, "photo": PICTURE},
        {**ROW, PICTURE: 1},
        PICTURE,
        [ROW],
    ],
    ids=lambda row: str(row)[-12:],
)
def test_a_refused_image_is_in_no_log(bench: Any, row: Any) -> None:
    for path, sent in (("/predict", row), ("/predict/batch", {"rows": [row]})):
        made = bench(image=True)
        assert ask(made, path, json.dumps(sent).encode()) == 422
        told = "".join(record.line() for record in made.predictions.records) + made.stream.getvalue()
        assert made.predictions.records
        assert not [part for part in parts(PICTURE) if part in told]


@pytest.mark.parametrize(
    "body", [json.dumps(ROW).encode()[:-9], FILE, PICTURE.encode()], ids=["cut", "file", "text"]
)
def test_a_body_that_is_no_json_is_in_no_log(bench: Any, body: bytes) -> None:
    made = bench(image=True)
    assert ask(made, "/predict", body) == 422
    told = "".join(record.line() for record in made.predictions.records) + made.stream.getvalue()
    assert made.predictions.records
    assert not [part for part in parts(PICTURE) if part in told]


@pytest.mark.parametrize("strategy", ["single", "canary", "silent"])
def test_an_error_that_quotes_the_image_is_in_no_log(bench: Any, strategy: str) -> None:
    made = bench(image=True, strategy=strategy, share=1.0)
    made.champion.error = made.challenger.error = ValueError(PICTURE)
    assert ask(made, "/predict", json.dumps(ROW).encode()) == 500
    told = "".join(record.line() for record in made.predictions.records) + made.stream.getvalue()
    assert made.log
    assert not [part for part in parts(PICTURE) if part in told]


def test_an_answered_image_is_in_no_log_either(bench: Any) -> None:
    made = bench(image=True)
    assert ask(made, "/predict", json.dumps(ROW).encode()) == 200
    (line,) = made.lines()
    assert line.inputs["picture"]["width"] == 8
    assert not [part for part in parts(PICTURE) if part in line.line()]
