"""The last line of a verb says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.cli import following
from trunkline.cli.main import VERBS
from trunkline.core.signals import Signal

TARGETS = set(
    re.findall(
        r"^([a-z][a-z-]*):",
        next(Path(__file__).parents[3].glob("template/*/Makefile")).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)


def signal(state: str) -> Signal:
    return Signal.model_validate(
        {
            "kind": "data",
            "environment": "production",
            "fingerprint": "data",
            "state": state,
            "severity": "info",
            "summary": "as it is",
            "rows": 10,
            "time": datetime(2026, 1, 1, tzinfo=UTC),
        }
    )


def test_an_alarm_asks_for_the_response_whatever_else_is_there() -> None:
    signals = [signal("quiet"), signal("alarm"), signal("inconclusive")]
    assert "trunkline respond staging" in following.after_watching(signals, "staging")


def test_what_was_not_judged_is_not_called_quiet() -> None:
    said = following.after_watching([signal("quiet"), signal("inconclusive")], "staging")
    assert "quiet" not in said
    assert "trunkline truth" in said


def test_quiet_asks_for_nothing() -> None:
    assert following.after_watching([signal("quiet")], "staging").startswith("nothing")


def test_a_promotion_is_pulled_before_it_is_applied() -> None:
    assert following.after_release(7).index("git pull") < following.after_release(7).index("make apply")


def test_a_promotion_is_named_by_its_number() -> None:
    assert "#7" in following.after_release(7)
    assert following.after_release(None).startswith("nothing")


def test_nothing_is_released_before_the_merge_is_pulled() -> None:
    for said in (following.after_change(7), following.after_merge()):
        assert said.index("git switch main") < said.index("git pull") < said.index("make release")


def test_what_stopped_comes_back_by_a_merge_and_by_no_verb() -> None:
    assert "trunkline " not in following.after_deploying("staging", "stopped")


@pytest.mark.parametrize(
    "said",
    [
        following.SNAPSHOT,
        following.TRAIN,
        following.after_gates(Path("report.html")),
        following.after_change(3),
        following.after_merge(),
        following.after_release(3),
        following.after_rehearsal("http://127.0.0.1:1"),
        following.after_deploying("staging", "applied"),
        following.after_deploying("staging", "went back"),
        following.after_watching([signal("alarm")], "staging"),
        following.after_watching([signal("inconclusive")], "staging"),
    ],
)
def test_only_verbs_and_targets_that_exist_are_named(said: str) -> None:
    verbs, targets = re.findall(r"trunkline ([a-z]+)", said), re.findall(r"make ([a-z-]+)", said)
    assert verbs or targets
    assert set(verbs) <= set(VERBS)
    assert set(targets) <= TARGETS
