from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from trunkline.core.errors import BundleError, UnavailableError
from trunkline.core.policy.access import OPEN, Access
from trunkline.serving.app import create_app

from .conftest import guard_of

ROW = {"user": "u", "x": 2}


def ask(made: Any, method: str, path: str, access: Access = OPEN, **more: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(made.service, guard_of(access)))
        made.service.start()
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            answer = await client.request(method, path, **more)
        await made.service.stop()
        return answer

    return asyncio.run(run())


def test_a_regression_is_answered_with_a_number(bench: Any) -> None:
    made = bench()
    answer = ask(made, "POST", "/predict", json=ROW)
    (line,) = made.lines()
    assert answer.json() == {"id": line.id, "version": 1, "prediction": 2.0, "probabilities": None}


def test_a_log_that_is_full_is_503(bench: Any) -> None:
    made = bench()
    made.predictions.full = True
    answer = ask(made, "POST", "/predict", json=ROW)
    assert answer.status_code == 503
    assert "not given" in answer.json()["error"]


def test_a_refusal_is_told_even_when_the_log_is_full(bench: Any) -> None:
    made = bench()
    made.predictions.full = True
    assert ask(made, "POST", "/predict", json={"x": "two"}).status_code == 422


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BundleError("x was 2"), 500),
        (ValueError("x was 2"), 500),
        (UnavailableError("x was 2"), 503),
    ],
)
def test_a_failing_model_gives_a_clean_answer_without_inputs(
    bench: Any, error: Exception, status: int
) -> None:
    made = bench()
    made.champion.error = error
    answer = ask(made, "POST", "/predict", json=ROW)
    assert answer.status_code == status
    assert "x was" not in answer.text
    assert made.metric("trunkline_model_errors_total") == 1
    assert made.log[0]["event"] == "no answer"
    assert "x was" not in str(made.log)


def test_a_silent_release_shows_the_row_to_the_challenger_after_the_answer(bench: Any) -> None:
    made = bench(strategy="silent")
    order: list[str] = []
    made.champion.first = lambda: order.append("champion")
    made.challenger.first = lambda: order.append("challenger")
    answer = ask(made, "POST", "/predict", json=ROW).json()
    assert answer["prediction"] == 2.0
    assert order == ["champion", "challenger"]
    assert [line.arm for line in made.lines()] == ["champion", "silent"]
    assert made.lines()[1].answered == answer["id"]


def test_ready_says_what_serves(bench: Any) -> None:
    made = bench(strategy="canary", share=0.25)
    ready = ask(made, "GET", "/ready").json()
    assert ready.pop("loaded_at")
    assert ready == {
        "ready": True,
        "environment": "production",
        "revision": "r1",
        "strategy": "canary",
        "champion": {"version": 1, "bundle": "sha256:" + "1".zfill(64)},
        "challenger": {"version": 2, "bundle": "sha256:" + "2".zfill(64)},
        "share": 0.25,
        "failed": None,
        "log": {"unlogged": 0, "unshipped": None},
    }


def test_responses_are_counted_by_path_and_status(bench: Any) -> None:
    made = bench()
    ask(made, "GET", "/secret/4711")
    assert made.metric("trunkline_requests_total", path="other", status="404") == 1
