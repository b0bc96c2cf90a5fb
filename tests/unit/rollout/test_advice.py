"""Whether a challenger goes on, goes back or waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.delivery import Rollout
from trunkline.rollout import ArmFigures, StageEvidence, Unseen, advise, level_of
from trunkline.rollout.advice import judge_stage

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def arm(version: int, **changes: Any) -> ArmFigures:
    whole: dict[str, Any] = {"version": version, "answers": 1000, "p95_ms": 3.0, "labelled": 900}
    return ArmFigures.model_validate(whole | changes)


def difference(value: float, low: float, high: float) -> Figure:
    return Figure(
        name="roc_auc difference", value=value, rows=900, interval=Interval(low=low, high=high, level=0.98)
    )


def evidence(challenger: dict[str, Any] | None = None, **changes: Any) -> StageEvidence:
    whole: dict[str, Any] = {
        "environment": "production",
        "strategy": "canary",
        "share": 0.2,
        "since": NOON,
        "until": NOON + timedelta(hours=48),
        "champion": arm(1),
        "challenger": arm(2, **(challenger or {})),
        "metric": "roc_auc",
        "difference": difference(0.01, -0.02, 0.04),
    }
    return StageEvidence.model_validate(whole | changes)


def outcome(gate: str, found: StageEvidence, policy: Rollout | None = None) -> str:
    verdicts = judge_stage(found, policy or Rollout())
    return next(verdict.outcome for verdict in verdicts if verdict.gate == f"rollout/{gate}")


def test_a_healthy_challenger_goes_on_to_the_next_stage() -> None:
    advice = advise(evidence(), Rollout())
    assert (advice.action, advice.stage) == ("go on", "single")
    assert advise(evidence(strategy="silent"), Rollout()).stage == "canary"


def test_a_stage_that_the_policy_leaves_out_is_passed_over() -> None:
    assert advise(evidence(strategy="silent"), Rollout(stages=("silent", "single"))).stage == "single"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"challenger": {"answers": 480}}, "20 more are needed"),
        ({"until": NOON + timedelta(hours=23)}, "1.0 more are needed"),
    ],
)
def test_what_is_too_little_or_too_short_waits_and_says_how_much_is_missing(
    changes: dict[str, Any], missing: str
) -> None:
    advice = advise(evidence(**changes), Rollout())
    assert advice.action == "wait"
    assert missing in advice.reason


@pytest.mark.parametrize(("challenger", "gate"), [({"failures": 60}, "failures"), ({"slow": 120}, "latency")])
def test_trouble_of_the_challenger_alone_sends_it_back(challenger: dict[str, Any], gate: str) -> None:
    advice = advise(evidence(challenger), Rollout())
    assert advice.action == "go back"
    assert outcome(gate, evidence(challenger)) == "fail"


@pytest.mark.parametrize("trouble", [{"failures": 60}, {"slow": 120}])
def test_trouble_that_both_have_is_not_the_challengers(trouble: dict[str, Any]) -> None:
    advice = advise(evidence(trouble, champion=arm(1, **trouble)), Rollout())
    assert advice.action == "wait"
    assert "not its trouble alone" in advice.reason


def test_a_challenger_goes_back_before_its_time_is_over() -> None:
    found = evidence({"answers": 40, "failures": 20}, until=NOON + timedelta(minutes=5))
    assert advise(found, Rollout()).action == "go back"


def test_one_bad_second_sends_nobody_back() -> None:
    assert advise(evidence({"answers": 3, "failures": 5}), Rollout()).action == "wait"


def test_a_share_near_the_limit_is_inconclusive_and_says_what_would_settle_it() -> None:
    (verdict,) = (
        row for row in judge_stage(evidence({"failures": 12}), Rollout()) if row.gate == "rollout/failures"
    )
    assert verdict.outcome == "inconclusive"
    assert "more requests would settle it" in verdict.reason
    assert "too close to the limit" in advise(evidence({"answers": 980, "failures": 20}), Rollout()).reason


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((-0.20, -0.26, -0.14), "fail"),
        ((-0.03, -0.08, 0.02), "inconclusive"),
        ((0.00, -0.04, 0.04), "pass"),
        ((-0.06, -0.10, -0.02), "inconclusive"),
    ],
)
def test_quality_needs_the_whole_interval_on_one_side_of_the_margin(
    span: tuple[float, float, float], expected: str
) -> None:
    assert outcome("quality", evidence(difference=difference(*span))) == expected


def test_unknown_outcomes_hold_nothing_up_unless_the_policy_wants_them() -> None:
    found = evidence({"labelled": 3}, difference=None)
    assert advise(found, Rollout()).action == "go on"
    assert outcome("quality", found) == "inconclusive"
    assert advise(found, Rollout(require_truth=True)).action == "wait"


def test_a_silent_challenger_that_leaves_out_much_is_looked_at_first() -> None:
    assert outcome("seen", evidence(strategy="silent", unseen=20)) == "pass"
    assert advise(evidence(strategy="silent", unseen=200), Rollout()).action == "wait"


def test_why_a_silent_challenger_left_out_answers_is_said_in_figures() -> None:
    why = Unseen(refused=150, fields=("month",), dropped=20)
    found = evidence({"failures": 7}, strategy="silent", unseen=200, why_unseen=why)
    reason = advise(found, Rollout()).reason
    for words in ("150 (in month)", "failed on 7", "follow 20", "of 23"):
        assert words in reason


@pytest.mark.parametrize(("value", "expected"), [(0.95, "pass"), (0.5, "fail"), (0.9, "inconclusive")])
def test_agreement_is_asked_for_where_the_policy_names_it(value: float, expected: str) -> None:
    found = evidence(
        strategy="silent",
        agreement=Figure(
            name="agreement", value=value, rows=900, interval=Interval(low=value - 0.02, high=value + 0.02)
        ),
    )
    assert outcome("agreement", found, Rollout(agreement=0.9)) == expected
    assert outcome("agreement", found) == "pass"


def test_other_answers_are_told_and_hold_nothing_up() -> None:
    shift = Figure(name="psi", value=0.9, rows=900, interval=Interval(low=0.7, high=1.1))
    found = evidence(shift=shift)
    assert outcome("answers", found) == "fail"
    assert advise(found, Rollout()).action == "go on"


def test_all_intervals_together_keep_the_confidence() -> None:
    assert level_of(Rollout(confidence=0.94)) == pytest.approx(0.98)
    assert level_of(Rollout(confidence=0.96, agreement=0.9)) == pytest.approx(0.99)
