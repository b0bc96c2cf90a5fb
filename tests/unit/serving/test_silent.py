from __future__ import annotations

import asyncio
import threading
from typing import Any

from trunkline.serving.silent import Seen, Silent

ROWS: list[dict[str, Any]] = [{"user": "u", "x": 1.0}, {"x": 2.0}]


def run(
    made: Any, *, times: int = 1, maximum_rows: int = 100, before: Any = None, seconds: float = 30
) -> None:
    async def life() -> None:
        silent = Silent(made.predictions, made.service.metrics, made.service.log, maximum_rows=maximum_rows)
        for i in range(times):
            silent.show(Seen(made.live, ROWS, [f"{i}-a", f"{i}-b"]))
        if before:
            before()
        await silent.stop(seconds=seconds)
        # The silent challenger holds on to no release.
        await asyncio.wait_for(made.live.close_when_idle(), 30)

    asyncio.run(life())


def test_what_it_answers_is_logged_beside_the_answer_that_was_given(bench: Any) -> None:
    made = bench(strategy="silent")
    run(made)
    assert [(line.arm, line.version, line.answered, line.outputs) for line in made.lines()] == [
        ("silent", 2, "0-a", {"prediction": 10.0}),
        ("silent", 2, "0-b", {"prediction": 20.0}),
    ]
    assert made.metric("trunkline_predictions_total", version="2", arm="silent") == 2


def test_rows_that_it_cannot_keep_up_with_are_dropped_and_counted(bench: Any) -> None:
    made = bench(strategy="silent")
    go = threading.Event()
    made.challenger.first = lambda: go.wait(timeout=30)
    run(made, times=10, maximum_rows=6, before=go.set)
    assert len(made.lines()) == 6
    assert made.metric("trunkline_silent_dropped_total") == 14
    told = [(line["event"], line["version"], line["rows"]) for line in made.log]
    assert told == [("challenger too slow", 2, 2)] * 7
    assert [row.reason for row in made.failures()] == ["dropped"] * 14


def test_rows_that_its_own_contract_refuses_are_told_by_their_fields(bench: Any) -> None:
    made = bench(strategy="silent", challenger_needs="month")
    run(made)
    assert made.lines() == []
    assert made.metric("trunkline_challenger_errors_total", strategy="silent", reason="contract") == 2
    (line,) = made.log
    assert (line["event"], line["version"], line["rows"], line["fields"]) == (
        "challenger refused", 2, 2, ["month"],
    )  # fmt: skip
    assert [(row.reason, row.fields, bool(row.user)) for row in made.failures()] == [
        ("refused", ("month",), True),
        ("refused", ("month",), False),
    ]


def test_its_failures_are_counted_and_end_nothing(bench: Any) -> None:
    made = bench(strategy="silent")
    made.challenger.error = RuntimeError("no")
    run(made, times=3)
    assert made.lines() == []
    assert made.metric("trunkline_challenger_errors_total", strategy="silent", reason="model") == 6
    assert [line["error"] for line in made.log] == ["RuntimeError"] * 3
    assert [(row.arm, row.reason, bool(row.user)) for row in made.failures()] == [
        ("silent", "failed", True),
        ("silent", "failed", False),
    ] * 3


def test_a_full_disk_is_counted_as_dropped(bench: Any) -> None:
    made = bench(strategy="silent")
    made.predictions.full = True
    run(made)
    assert made.metric("trunkline_silent_dropped_total") == 2
    assert [line["event"] for line in made.log] == ["silent answers not logged"]


def test_what_waits_when_time_is_up_is_dropped(bench: Any) -> None:
    made = bench(strategy="silent")
    go = threading.Event()
    made.challenger.first = lambda: go.wait(timeout=30)
    threading.Timer(0.2, go.set).start()
    run(made, times=5, seconds=0)
    assert made.metric("trunkline_silent_dropped_total") >= 8
