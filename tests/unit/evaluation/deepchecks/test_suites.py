"""The script's own parts, as far as they need no deepchecks."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.evaluation.deepchecks import suites

REQUEST = {"categorical": ["kind"], "texts": ["note", "outcome"], "date": "day"}


class Category(Enum):
    """deepchecks' own outcomes."""

    PASS = "PASS"
    FAIL = "FAIL"


def check(name: str) -> SimpleNamespace:
    """Return something with a check's name."""
    return SimpleNamespace(name=lambda: name)


def test_a_frame_has_numbers_words_dates_and_an_index_of_its_own() -> None:
    part: dict[str, Any] = {
        "columns": {
            "count": [1, 2],
            "size": [0.5, None],
            "kind": ["a", None],
            "note": ["1", "2"],
            "day": ["2026-01-31T00:00:00+00:00", "2026-02-01T09:00:00+00:00"],
            "outcome": ["1", "0"],
        }
    }
    frame = suites.frame_of(part, REQUEST, 10)
    assert [frame[name].dtype.kind for name in frame] == ["i", "f", "O", "O", "M", "O"]
    assert list(frame.index) == [10, 11]
    assert frame["kind"].tolist() == ["a", None]
    assert str(frame["day"].iloc[1]) == "2026-02-01 09:00:00"


def test_answers_hold_conditions_and_errors_in_plain_types() -> None:
    condition = SimpleNamespace(name="no more than 5%", category=Category.FAIL, details="Found 9%")
    result = SimpleNamespace(
        results=[
            SimpleNamespace(check=check("Data Duplicates"), conditions_results=[condition]),
            SimpleNamespace(check=check("Feature Drift"), exception=ValueError("x" * 3000)),
        ]
    )
    first, second = suites.answers_of(result)
    assert first == {
        "check": "Data Duplicates",
        "conditions": [{"name": "no more than 5%", "outcome": "FAIL", "details": "Found 9%"}],
        "error": "",
        "message": "",
    }
    assert (second["error"], len(second["message"]), second["conditions"]) == ("ValueError", 2000, [])


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.getaddrinfo", ("example.org", 443, 0, 0, 0)),
    ],
)
def test_the_network_is_refused(event: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(PermissionError, match="may not use the network"):
        suites.refuse_network(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"), [("socket.connect", (None, "/run/a.socket")), ("open", ("file", "r", 0))]
)
def test_files_and_sockets_of_this_machine_are_not(event: str, arguments: tuple[Any, ...]) -> None:
    assert suites.refuse_network(event, arguments) is None  # type: ignore[func-returns-value]
