from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.ready import Ready
from trunkline.core.release import Release, Route
from trunkline.delivery.targets.last_words import last_words
from trunkline.delivery.targets.service import Place, options_change, service_options, wait_for

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
CANARY = Release(
    environment="production",
    revision="c1",
    strategy="canary",
    champion=ONE,
    challenger=TWO,
    share=0.2,
    salt="s",
)
ANSWER: dict[str, Any] = {
    "ready": True,
    "environment": "production",
    "revision": "c1",
    "strategy": "canary",
    "champion": ONE.model_dump(),
    "challenger": TWO.model_dump(),
    "share": 0.2,
    "loaded_at": "2026-11-23T10:00:00+00:00",
    "failed": None,
    "a key of a later version": 1,
}


def test_an_answer_that_tells_of_the_release_serves_it() -> None:
    assert Ready.model_validate(ANSWER).serves(CANARY)


@pytest.mark.parametrize(
    "change",
    [
        {"ready": False},
        {"revision": "c2"},
        {"strategy": "silent"},
        {"champion": TWO.model_dump()},
        {"challenger": None},
        {"share": 0.3},
    ],
)
def test_any_difference_means_that_another_release_is_served(change: dict[str, Any]) -> None:
    assert not Ready.model_validate(ANSWER | change).serves(CANARY)


def test_what_an_answer_tells_is_a_release_without_salt() -> None:
    assert Ready.model_validate(ANSWER).release() == CANARY.model_copy(update={"salt": ""})
    assert Ready(ready=False).release() is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("localhost", "http://localhost:80"),
    ],
)
def test_the_address_can_be_reached_from_this_machine(host: str, address: str) -> None:
    assert Place(host=host, port=80).address == address


def test_waiting_ends_with_what_was_found() -> None:
    answers = iter([None, None, "here"])
    assert wait_for(lambda: next(answers), patience=5) == "here"


def test_waiting_ends_with_none_when_patience_does() -> None:
    assert wait_for(lambda: None, patience=0) is None


def test_of_changed_options_only_the_change_is_told() -> None:
    keys, limited = Access(tls="own", callers="keys"), {"rate": 5.0}
    before = service_options(Path("/log"), Serving(), access=keys)
    platform = Access.model_validate({"tls": "platform", "callers": "keys", "limits": limited})
    after = service_options(Path("/log"), Serving(maximum_rows=7, sync_log=True), access=platform)
    assert options_change(before, after).split("; ") == [
        "--maximum-rows 1000 becomes 7",
        "--sync is new",
        "access.tls own becomes platform",
        "access.limits.rate 100.0 becomes 5.0",
    ]
    assert options_change(after, before).endswith("access.limits.rate 5.0 becomes 100.0; --sync goes")
    opened = service_options(Path("/log"), Serving())
    assert options_change(opened, before) == "access.tls none becomes own; access.callers anyone becomes keys"


def test_the_error_that_ended_a_service_is_quoted_with_its_own_next_step(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("an old story\n")
    since = log.stat().st_size
    warning = {"level": "warning", "event": "nobody has a key yet", "next": "trunkline key new"}
    error = {"level": "error", "event": "There is no certificate.", "next": "put one there", "exit_code": 10}
    log.write_text(log.read_text() + "\n".join(map(json.dumps, (warning, error))) + "\n")
    words = last_words(log, since)
    assert (words.text, words.next_step) == ("There is no certificate.", "put one there")


def test_a_log_without_such_an_error_is_quoted_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text('{"event": "out of memory"}\n\n[1, 2]\nKilled\n')
    words = last_words(log, 0)
    assert (words.text, words.next_step) == ('{"event": "out of memory"} | [1, 2] | Killed', "")
    assert last_words(tmp_path / "none", 0).text == "its log says nothing"
