"""Who is let in, where, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from trunkline.core.policy.access import Access, Limits
from trunkline.serving.access import Refusal
from trunkline.serving.limits import Buckets

from .conftest import guard_of
from .test_app import ROW, ask

KEYS = Access(tls="platform", callers="keys")
PLATFORM = Access(tls="platform", callers="platform")


def admitted(access: Access, path: str, key: str = "") -> int:
    """Return the status with which a guard sends a request away; 200 where it is let in."""
    try:
        asyncio.run(guard_of(access).admit(path, f"Bearer {key}" if key else ""))
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize("path", ["/health", "/ready"])
@pytest.mark.parametrize("key", ["", "wrong", "old", "predict"])
def test_whether_it_lives_is_no_secret(path: str, key: str) -> None:
    assert admitted(KEYS, path, key) == 200


@pytest.mark.parametrize(
    ("access", "opened"),
    [(Access(), {"/predict", "/docs", "/metrics"}), (PLATFORM, {"/predict", "/docs"}), (KEYS, set())],
)
def test_without_a_key_so_much_is_open(access: Access, opened: set[str]) -> None:
    paths = ("/predict", "/docs", "/metrics", "/log", "/log/a.jsonl", "/feedback", "//predict")
    assert {path for path in paths if admitted(access, path) == 200} - {"//predict"} == opened


@pytest.mark.parametrize(
    ("key", "status"), [("metrics", 200), ("predict", 403), ("wrong", 401), ("old", 401)]
)
def test_a_key_opens_what_its_scope_says(key: str, status: int) -> None:
    assert admitted(KEYS, "/metrics", key) == status


def test_another_scheme_is_no_key() -> None:
    with pytest.raises(Refusal):
        asyncio.run(guard_of(KEYS).admit("/predict", "Basic predict"))


def test_only_who_reads_metrics_is_told_what_serves(bench: Any) -> None:
    headers = {"authorization": "Bearer metrics"}
    assert ask(bench(), "GET", "/ready", access=KEYS).json() == {"ready": True}
    assert ask(bench(), "GET", "/ready", access=KEYS, headers=headers).json()["strategy"] == "single"
    assert ask(bench(), "GET", "/ready").json()["strategy"] == "single"


def test_a_key_with_a_small_body_is_held_to_it(bench: Any) -> None:
    headers = {"authorization": "Bearer predict"}
    assert ask(bench(), "POST", "/predict", access=KEYS, headers=headers, json=ROW).status_code == 200
    large = ROW | {"user": "u" * 40}
    assert ask(bench(), "POST", "/predict", access=KEYS, headers=headers, json=large).status_code == 413


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = 0.0
    buckets = Buckets(clock=lambda: now)
    limits = Limits(rate=2.0, burst=3)
    assert [buckets.wait("a", limits) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.wait("b", limits) == 0.0
    now = 0.25
    assert buckets.wait("a", limits) == 0.25
    now = 0.5
    assert buckets.wait("a", limits) == 0.0
    now = 100.0
    assert [buckets.wait("a", limits) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


@pytest.mark.parametrize("access", [Access(), PLATFORM])
def test_limits_that_are_set_hold_for_all_who_need_no_key(access: Access) -> None:
    guard = guard_of(access.model_copy(update={"limits": Limits(rate=0.01, burst=2, largest_body=50)}))

    def status(path: str) -> int:
        try:
            caller = asyncio.run(guard.admit(path, ""))
        except Refusal as refusal:
            return refusal.status
        return caller.limits.largest_body

    assert [status("/predict") for _ in range(3)] == [50, 50, 429]
    assert [status("/ready") for _ in range(4)] == [50] * 4, (
        "whoever looks whether it lives is never sent away"
    )


def test_without_limits_nobody_waits_where_no_key_is_needed() -> None:
    guard = guard_of(PLATFORM)
    for _ in range(1000):
        asyncio.run(guard.admit("/predict", ""))


@pytest.mark.parametrize(
    ("access", "keyed"), [(Access(), set()), (KEYS, {"/predict", "/predict/batch", "/metrics"})]
)
def test_the_description_says_which_paths_need_a_key(bench: Any, access: Access, keyed: set[str]) -> None:
    headers = {"authorization": "Bearer predict"}
    told = ask(bench(), "GET", "/openapi.json", access=access, headers=headers).json()
    assert {
        path for path, methods in told["paths"].items() if any("security" in one for one in methods.values())
    } == keyed
    assert told["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
