from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from trunkline.serving.batches import Batches

Rows = Sequence[Mapping[str, Any]]


class Model:
    """Doubles x once it is let; a row without x is an error for the whole batch, as with a frame."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, rows: Rows) -> list[dict[str, Any]]:
        self.asked.append([row.get("x", -1) for row in rows])
        self.begun.set()
        assert self.go.wait(timeout=30)
        return [{"prediction": 2 * row["x"]} for row in rows]


def asked(model: Model, requests: Sequence[Rows], *, gone: Sequence[int] = (), **how: Any) -> list[Any]:
    """Return what each request gets, when all the others come while the model is busy with the first one."""

    async def life() -> list[Any]:
        batches = Batches(model, **{"joined": True, **how})
        tasks = [asyncio.create_task(batches.ask(requests[0]))]
        await asyncio.to_thread(model.begun.wait, 30)
        tasks += [asyncio.create_task(batches.ask(rows)) for rows in requests[1:]]
        await asyncio.sleep(0)
        for place in gone:
            tasks[place].cancel()
        model.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(life())


def outputs(found: Sequence[Any]) -> list[list[int]]:
    return [[one["prediction"] for one in answered.outputs] for answered in found]


def test_what_came_while_the_model_was_busy_is_asked_at_once_and_each_gets_its_own() -> None:
    model = Model()
    found = asked(model, [[{"x": 1}], [{"x": 2}], [{"x": 3}, {"x": 4}], [{"x": 5}]])
    assert model.asked == [[1], [2, 3, 4, 5]]
    assert outputs(found) == [[2], [4], [6, 8], [10]]


def test_a_model_whose_rows_may_not_be_joined_is_asked_request_by_request() -> None:
    model = Model()
    found = asked(model, [[{"x": 1}], [{"x": 2}], [{"x": 3}, {"x": 4}]], joined=False)
    assert model.asked == [[1], [2], [3, 4]]
    assert outputs(found) == [[2], [4], [6, 8]]


def test_a_batch_has_a_most_and_a_larger_request_is_a_batch_of_its_own() -> None:
    model = Model()
    asked(model, [[{"x": 1}], [{"x": 2}], [{"x": 3}], [{"x": 4}, {"x": 5}, {"x": 6}], [{"x": 7}]], most=2)
    assert model.asked == [[1], [2, 3], [4, 5, 6], [7]]


def test_a_row_that_fails_fails_only_its_own_request() -> None:
    model = Model()
    first, second, broken, last = asked(model, [[{"x": 1}], [{"x": 2}], [{}], [{"x": 4}]])
    assert model.asked == [[1], [2, -1, 4], [2], [-1], [4]]
    assert isinstance(broken, KeyError)
    assert outputs([first, second, last]) == [[2], [4], [8]]


def test_whoever_has_gone_is_not_asked_for() -> None:
    model = Model()
    found = asked(model, [[{"x": 1}], [{"x": 2}], [{"x": 3}]], gone=[0, 1])
    assert model.asked == [[1], [3]]
    assert [isinstance(one, asyncio.CancelledError) for one in found] == [True, True, False]


def test_it_works_again_after_everything_was_answered() -> None:
    model = Model()
    model.go.set()

    async def life() -> list[Any]:
        batches = Batches(model, joined=True)
        return [await batches.ask([{"x": number}]) for number in (1, 2)]

    assert outputs(asyncio.run(life())) == [[2], [4]]


@pytest.mark.parametrize("joined", [True, False])
def test_what_the_model_raises_reaches_the_one_who_asked(joined: bool) -> None:
    model = Model()
    model.go.set()
    with pytest.raises(KeyError):
        asyncio.run(Batches(model, joined=joined).ask([{}]))
