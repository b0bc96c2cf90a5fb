from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from trunkline.core.errors import BundleError, StorageError
from trunkline.serving.release import answers_soon

ROWS: list[dict[str, Any]] = [{"user": f"u{i}", "x": float(i)} for i in range(100)]


def answer(bench: Any, rows: Any = ROWS) -> list[Any]:
    records: list[Any] = asyncio.run(bench.service.answer(bench.live, rows, started=time.perf_counter()))
    return records


def test_every_answer_is_in_the_log_when_it_is_given(bench: Any) -> None:
    made = bench()
    records = answer(made)
    assert [record.outputs["prediction"] for record in records] == [row["x"] for row in ROWS]
    assert made.lines() == records
    assert len({record.id for record in records}) == len(ROWS)
    assert all("user" not in record.inputs for record in records)


def test_an_answer_that_cannot_be_logged_is_not_given(bench: Any) -> None:
    made = bench()
    made.predictions.full = True
    with pytest.raises(StorageError):
        answer(made)
    assert made.metric("trunkline_log_errors_total") == 1
    assert made.metric("trunkline_predictions_total", version="1", arm="champion") == 0


def test_a_canary_batch_is_split_by_user_and_stays_in_order(bench: Any) -> None:
    made = bench(strategy="canary", share=0.5)
    records = answer(made)
    arms = {record.arm for record in records}
    assert arms == {"champion", "challenger"}
    for row, record in zip(ROWS, records, strict=True):
        factor = 10 if record.arm == "challenger" else 1
        assert record.outputs == {"prediction": factor * row["x"]}
        assert record.version == (2 if record.arm == "challenger" else 1)


def test_where_the_challenger_fails_the_champion_answers(bench: Any) -> None:
    made = bench(strategy="canary", share=1.0)
    made.challenger.error = ValueError("x was 41.0")
    records = answer(made)
    assert {(record.arm, record.version) for record in records} == {("champion", 1)}
    assert [record.outputs["prediction"] for record in records] == [row["x"] for row in ROWS]
    assert made.metric("trunkline_challenger_errors_total", strategy="canary", reason="model") == len(ROWS)
    (line,) = made.log
    assert (line["event"], line["level"], line["error"]) == ("challenger failed", "error", "ValueError")
    assert "41" not in str({key: value for key, value in line.items() if key not in ("time", "place")})
    # Who was hit is known under the same name as in the answers, so failures are counted by user.
    assert [row.user for row in made.failures()] == [record.user for record in records]
    assert {(row.arm, row.version, row.reason) for row in made.failures()} == {("challenger", 2, "failed")}


def test_where_the_champion_fails_nothing_is_answered_and_the_log_names_the_users(bench: Any) -> None:
    made = bench()
    made.champion.error = BundleError("broken")
    with pytest.raises(BundleError):
        answer(made)
    assert made.lines() == []
    assert {(row.arm, row.version) for row in made.failures()} == {("champion", 1)}
    assert len({row.user for row in made.failures()}) == len(made.failures()) == len(ROWS)


def test_many_rows_and_slow_models_are_asked_off_the_event_loop(bench: Any) -> None:
    threads: list[bool] = []
    made = bench()
    made.champion.first = lambda: threads.append(threading.current_thread() is threading.main_thread())
    answer(made, ROWS[:1])
    answer(made, ROWS)
    made.live.champion = replace(made.live.champion, soon=False)
    answer(made, ROWS[:1])
    made.champion.quick = False
    answer(made, ROWS[:1])
    assert threads == [True, False, False, False]


@pytest.mark.parametrize(
    ("seconds", "soon"), [([0.0002], True), ([0.9, 0.9, 0.0002], True), ([0.2, 0.2, 0.2], False)]
)
def test_a_model_is_asked_beside_other_requests_unless_it_is_slow_each_time(
    bench: Any, seconds: list[float], soon: bool
) -> None:
    ends = iter([moment for taken in seconds for moment in (0.0, taken)])
    assert answers_soon(bench().champion, {"x": [1.0]}, lambda: next(ends)) is soon


def test_old_models_are_closed_after_the_last_answer_that_uses_them(bench: Any) -> None:
    made = bench()
    made.champion.quick = False
    asked, go = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        go.wait(timeout=30)

    made.champion.first = wait

    async def swap() -> Any:
        with made.live:
            answering = asyncio.create_task(made.service.answer(made.live, ROWS[:1], started=0.0))
            closing = asyncio.create_task(made.live.close_when_idle())
            await asyncio.to_thread(asked.wait, 30)
            assert not closing.done()
            assert not made.champion.closed
            go.set()
            records = await answering
        await closing
        return records

    assert len(asyncio.run(swap())) == 1
    assert made.champion.closed


def test_a_refused_request_is_logged_without_its_secrets_and_counted(bench: Any) -> None:
    made = bench()
    problems = [
        {"field": "user", "value": "me", "rule": "r", "hint": "h"},
        {"field": "typo", "value": "me", "rule": "r", "hint": "h"},
        {"field": "x", "value": "me", "rule": "r", "hint": "h"},
    ]
    asyncio.run(made.service.reject(made.live, problems))
    (rejection,) = made.predictions.records
    assert [problem["value"] for problem in rejection.problems] == ["(not logged)", "(not logged)", "me"]
    assert made.metric("trunkline_rejected_fields_total", field="(unknown)") == 1
    assert made.metric("trunkline_rejected_fields_total", field="x") == 1


def test_a_reload_that_fails_keeps_what_serves_and_says_why(bench: Any) -> None:
    made = bench()
    asyncio.run(made.service.reload())
    assert made.service.live is made.live
    assert made.service.failed.error.startswith("Cannot read nowhere/release.json")
    assert not made.champion.closed
    assert made.metric("trunkline_reload_errors_total") == 1


def test_stopping_closes_models_and_log(bench: Any) -> None:
    made = bench(strategy="silent")

    async def life() -> None:
        made.service.start()
        await made.service.stop()

    asyncio.run(life())
    assert made.champion.closed
    assert made.challenger.closed
    assert not made.predictions.open


def test_where_policy_says_so_an_answer_that_cannot_be_logged_is_given_and_counted(bench: Any) -> None:
    made = bench(answer_unlogged=True)
    made.predictions.full = True
    records = answer(made)
    asyncio.run(made.service.reject(made.live, []))
    assert [record.outputs["prediction"] for record in records] == [row["x"] for row in ROWS]
    lost = len(ROWS) + 1
    assert made.metric("trunkline_log_unlogged_total") == lost
    assert made.metric("trunkline_log_errors_total") == 0
    assert made.service.log_state() == {"unlogged": lost, "unshipped": None}
    assert [line["event"] for line in made.log] == ["answer not logged"] * 2
