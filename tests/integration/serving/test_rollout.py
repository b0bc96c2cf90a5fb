"""Single, silent and canary, and the way from one to the next, on the real process."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from trunkline.core.contract import Column, Contract

ROW = {"age": 23, "employed": "Yes", "checks": 2}


@contextmanager
def traffic(url: str, threads: int = 3) -> Iterator[list[tuple[int, int]]]:
    """Send rows without a pause; yield (status, version) of each answer, status 0 for a broken connection."""
    seen: list[tuple[int, int]] = []
    flowing, done = threading.Event(), threading.Event()

    def send() -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            while not done.is_set():
                try:
                    answer = client.post("/predict", json=ROW)
                    seen.append((answer.status_code, answer.json().get("version", 0)))
                except httpx.HTTPError:
                    seen.append((0, 0))
                flowing.set()

    senders = [threading.Thread(target=send) for _ in range(threads)]
    for sender in senders:
        sender.start()
    try:
        assert flowing.wait(timeout=30)
        yield seen
    finally:
        done.set()
        for sender in senders:
            sender.join(timeout=30)


def hang_up(service: Any) -> None:
    service.process.send_signal(signal.SIGHUP)


def test_swaps_under_traffic_fail_no_request_and_take_effect(live: Any, start: Callable[..., Any]) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    live.release(1, revision="a")
    service = start(live)
    with traffic(service.url) as seen:
        for round_ in range(6):
            version = 2 - round_ % 2
            live.release(version, revision=f"round-{round_}")
            hang_up(service)
            assert service.event("release loaded")["revision"] == f"round-{round_}"
            assert service.predict()["version"] == version
    assert len(seen) > 50
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} == {1, 2}
    assert {line["version"] for line in live.lines()} == {1, 2}


def test_a_tampered_release_is_not_swapped_in_and_a_good_one_heals_it(
    live: Any, start: Callable[..., Any]
) -> None:
    live.add(1)
    bad = live.add(2, bias=1.0)
    live.release(1, revision="good")
    service = start(live)
    bad.model_file.write_bytes(bad.model_file.read_bytes()[:-1] + b"x")
    live.release(2, revision="bad")
    with traffic(service.url) as seen:
        hang_up(service)
        assert service.event("release refused")["revision"] == "bad"
    ready = service.client.get("/ready").json()
    assert ready["ready"] is True
    assert ready["revision"] == "good"
    assert ready["champion"] == {"version": 1, "bundle": live.routes[1].bundle}
    assert ready["failed"]["revision"] == "bad"
    assert "checksum" in ready["failed"]["error"]
    assert set(seen) == {(200, 1)}

    live.release(1, revision="back")
    hang_up(service)
    service.event("release loaded")
    ready = service.client.get("/ready").json()
    assert (ready["revision"], ready["failed"]) == ("back", None)


def test_a_release_file_that_is_no_json_is_reported_and_not_swapped_in(live: Any, start: Any) -> None:
    live.add(1)
    live.release(1)
    service = start(live)
    (live.folder / "release.json").write_text("{")
    hang_up(service)
    service.event("release refused")
    assert "not JSON" in service.client.get("/ready").json()["failed"]["error"]
    assert service.predict()["version"] == 1


def test_silent_answers_are_logged_and_never_given(live: Any, start: Callable[..., Any]) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    live.release(1, 2, strategy="silent")
    service = start(live)
    answers = [service.predict(arrest_id=i + 1) for i in range(40)]
    assert {answer["version"] for answer in answers} == {1}
    assert service.stop() == 0  # works off what the silent challenger has not answered yet

    lines = live.lines()
    given = {line["id"]: line for line in lines if line["arm"] == "champion"}
    silent = [line for line in lines if line["arm"] == "silent"]
    assert set(given) == {answer["id"] for answer in answers}
    assert sorted(line["answered"] for line in silent) == sorted(given)
    for line in silent:
        told = given[line["answered"]]
        assert line["version"] == 2
        assert line["user"] == told["user"]
        assert line["inputs"] == told["inputs"]
        assert line["outputs"]["probabilities"]["Yes"] > told["outputs"]["probabilities"]["Yes"]


def test_a_canary_splits_users_by_the_share_and_keeps_each_on_one_version(live: Any, start: Any) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    live.release(1, 2, strategy="canary", share=0.3, revision="small")
    service = start(live)

    def ask() -> dict[int, int]:
        rows = [ROW | {"arrest_id": i} for i in range(1, 801)]
        answers = service.client.post("/predict/batch", json={"rows": rows}).json()["answers"]
        return {i: answer["version"] for i, answer in enumerate(answers, 1)}

    first = ask()
    assert ask() == first
    assert 0.25 < sum(version == 2 for version in first.values()) / len(first) < 0.35
    one_by_one = {i: service.predict(arrest_id=i)["version"] for i in range(1, 21)}
    assert one_by_one == {i: first[i] for i in one_by_one}
    arms = {line["arm"]: line["version"] for line in live.lines()}
    assert arms == {"champion": 1, "challenger": 2}

    live.release(1, 2, strategy="canary", share=0.6, revision="larger")
    hang_up(service)
    service.event("release loaded")
    grown = ask()
    assert all(grown[user] == 2 for user, version in first.items() if version == 2)
    assert sum(version == 2 for version in grown.values()) > 1.5 * sum(
        version == 2 for version in first.values()
    )


def test_a_challenger_with_a_new_column_answers_only_rows_that_have_it(live: Any, start: Any) -> None:
    contract = live_contract(live)
    wider = contract.model_copy(
        update={"columns": (Column(name="weight", type="number", minimum=0), *contract.columns)}
    )
    live.add(1)
    live.add(2, bias=1.0, contract=wider)
    live.release(1, 2, strategy="canary", share=1.0)
    service = start(live)
    assert service.predict()["version"] == 1
    assert service.predict(weight=70.5)["version"] == 2
    metrics = service.client.get("/metrics").text
    assert 'trunkline_challenger_errors_total{reason="contract",strategy="canary"} 1.0' in metrics


def live_contract(live: Any) -> Contract:
    contract: Contract = live.add(9, bias=9.0).contract
    return contract


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory metric, which needs /proc")
def test_old_models_are_let_go_after_a_swap(live: Any, start: Callable[..., Any]) -> None:
    live.add(1)
    live.release(1, revision="0")
    service = start(live)

    def size() -> float:
        for line in service.client.get("/metrics").text.splitlines():
            if line.startswith("process_resident_memory_bytes "):
                return float(line.split()[1])
        raise AssertionError("no memory metric")

    def swap(times: int) -> None:
        for i in range(times):
            live.release(1, revision=f"{i}")
            hang_up(service)
            service.event("release loaded")

    swap(5)
    before = size()
    swap(20)
    assert size() - before < 15e6
