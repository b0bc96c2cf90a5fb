from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.release import Release, Route
from trunkline.delivery.targets.ready import Ready
from trunkline.delivery.targets.service import Place, wait_for

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
