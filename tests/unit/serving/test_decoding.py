"""Images are decoded beside the event loop, few at a time, and of a batch only so many pixels."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest

from trunkline.core.contract import Column
from trunkline.core.errors import UnavailableError
from trunkline.inputs import image
from trunkline.inputs.image_file import measures
from trunkline.inputs.png import bomb, plain
from trunkline.serving.app import create_app
from trunkline.serving.decoding import Decoding
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel
from trunkline.serving.weight import MOST_PIXELS

from .conftest import guard_of

PICTURE = plain(4, 4, (1, 2, 3))
ROW = {"user": "u", "x": 2, "picture": PICTURE}
PATIENCE = 10.0


def test_others_are_answered_while_an_image_is_decoded(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def held(text: str, most: float) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE)
        return measures(text, most)

    monkeypatch.setattr(image, "measures", held)
    made = bench(image=True)

    async def run() -> tuple[int, bool, int]:
        transport = httpx.ASGITransport(create_app(made.service, guard_of()))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            predicting = asyncio.create_task(client.post("/predict", json=ROW))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            health = await client.get("/health")
            early = predicting.done()
            go_on.set()
            return health.status_code, early, (await predicting).status_code

    assert asyncio.run(run()) == (200, False, 200)
    assert made.lines()[0].inputs["picture"]["width"] == 4


def test_rows_without_images_need_no_thread() -> None:
    here = asyncio.run(Decoding(heavy=False).read(threading.get_ident))
    there = asyncio.run(Decoding(heavy=True).read(threading.get_ident))
    assert here == threading.get_ident() != there


def test_few_are_decoded_at_a_time_and_few_wait() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    at_work: list[int] = []

    def work() -> int:
        at_work.append(1)
        begun.release()
        assert go_on.wait(PATIENCE)
        return len(at_work)

    async def run() -> list[int]:
        decoding = Decoding(heavy=True, threads=2, most_waiting=1)
        tasks = [asyncio.create_task(decoding.read(work)) for _ in range(3)]
        for _ in range(2):
            assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        assert len(at_work) == 2
        with pytest.raises(UnavailableError):
            await decoding.read(work)
        go_on.set()
        await asyncio.gather(*tasks)
        return [await decoding.read(work)]

    assert asyncio.run(run()) == [4]


def test_of_a_batch_with_too_many_pixels_none_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    monkeypatch.setattr(image, "measures", lambda text, _: decoded.append(text))
    model = RequestModel([Column(name="picture", type="image")])
    side = int((MOST_PIXELS / 2) ** 0.5)
    half = bomb(side, side)  # claims its pixels and has none

    def body(*pictures: str) -> bytes:
        rows = ",".join(f'{{"picture":"{picture}"}}' for picture in pictures)
        return f'{{"rows":[{rows}]}}'.encode()

    assert len(model.rows(body(half, half))) == 2
    assert len(decoded) == 2
    with pytest.raises(Refused) as refused:
        model.rows(body(half, half, PICTURE, PICTURE, bomb(1000, 1000)))
    (problem,) = refused.value.problems
    assert problem["field"] == "rows"
    assert f"{2 * side**2 + 32 + 1_000_000:,}" in problem["value"]
    assert len(decoded) == 2
