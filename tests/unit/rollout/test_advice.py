"""Whether a challenger goes on, goes back or waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.rollout import Rollout
from trunkline.measure.difference import Difference
from trunkline.rollout import ArmFigures, StageEvidence, Unseen, advise, level_of
from trunkline.rollout.advice import judge_stage
from trunkline.tasks.scale import Scale

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def arm(version: int, **changes: Any) -> ArmFigures:
    whole: dict[str, Any] = {"version": version, "answers": 1000, "p95_ms": 3.0, "labelled": 900}
    return ArmFigures.model_validate(whole | changes)


def difference(value: float, low: float, high: float, **changes: Any) -> Difference:
    span = Interval(low=low, high=high, level=0.98)
    whole: dict[str, Any] = {"name": "difference", "value": value, "rows": 900, "users": 90, "interval": span}
    return Difference.model_validate(whole | changes)


ALIKE = difference(0.0, -0.005, 0.005)
WORSE = difference(-0.08, -0.12, -0.04)
UNCLEAR = difference(-0.02, -0.06, 0.02, times=3.0)
UNKNOWN = difference(-0.9, 0, 0, interval=None, users=3)


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
        "answered": ALIKE,
        "quick": ALIKE,
        "difference": difference(0.01, -0.02, 0.04),
    }
    return StageEvidence.model_validate(whole | changes)


def outcome(gate: str, found: StageEvidence, policy: Rollout | None = None) -> str:
    verdicts = judge_stage(found, policy or Rollout())
    return next(verdict.outcome for verdict in verdicts if verdict.gate == f"rollout/{gate}")


def test_a_healthy_challenger_goes_on_to_the_next_stage() -> None:
    advice = advise(evidence(), Rollout())
    assert (advice.action, advice.stage) == ("go on", "single")
    assert advise(evidence(strategy="silent", share=0.0), Rollout()).stage == "canary"


def test_a_stage_that_the_policy_leaves_out_is_passed_over() -> None:
    found = evidence(strategy="silent", share=0.0)
    assert advise(found, Rollout(stages=("silent", "single"))).stage == "single"


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


@pytest.mark.parametrize(("question", "gate"), [("answered", "failures"), ("quick", "latency")])
def test_trouble_of_the_challenger_sends_it_back(question: str, gate: str) -> None:
    changes: dict[str, Any] = {question: WORSE}
    found = evidence(**changes)
    assert advise(found, Rollout()).action == "go back"
    assert outcome(gate, found) == "fail"


def test_a_challenger_goes_back_before_its_time_is_over() -> None:
    found = evidence({"answers": 40}, answered=WORSE, until=NOON + timedelta(minutes=5))
    assert advise(found, Rollout()).action == "go back"


def test_a_clear_difference_that_is_tolerated_sends_nobody_back() -> None:
    assert outcome("failures", evidence(answered=difference(-0.01, -0.015, -0.005))) == "pass"


def test_too_few_users_to_compare_wait() -> None:
    advice = advise(evidence(answered=UNKNOWN), Rollout())
    assert advice.action == "wait"
    assert "3 users" in advice.reason


def test_what_is_unclear_waits_and_says_how_many_users_would_settle_it() -> None:
    advice = advise(evidence(answered=UNCLEAR), Rollout())
    assert advice.action == "wait"
    assert "180 more users (1,800 answers)" in advice.reason


def test_patience_ends_with_a_person_and_never_with_a_promotion() -> None:
    late = evidence(answered=UNCLEAR, until=NOON + timedelta(hours=100))
    assert advise(late, Rollout(patience_hours=99)).action == "ask"
    assert advise(late, Rollout(patience_hours=101)).action == "wait"
    assert advise(evidence(until=late.until), Rollout(patience_hours=99)).action == "go on"


LADDER = Rollout.model_validate(
    {
        "ladder": [
            {"strategy": "silent", "hours": 1},
            {"strategy": "canary", "share": 0.1},
            {"strategy": "canary", "share": 0.5, "hours": 72},
        ]
    }
)


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ({"strategy": "silent", "share": 0.0}, ("canary", 0.1)),
        ({"share": 0.1}, ("canary", 0.5)),
        ({"share": 0.3}, ("canary", 0.5)),
        ({"share": 0.5, "until": NOON + timedelta(hours=72)}, ("single", 0.0)),
    ],
)
def test_a_ladder_is_climbed_step_by_step(now: dict[str, Any], following: tuple[str, float]) -> None:
    advice = advise(evidence(**now), LADDER)
    assert (advice.action, advice.stage, advice.share) == ("go on", *following)


def test_each_step_of_a_ladder_has_its_own_time() -> None:
    assert advise(evidence(share=0.5), LADDER).action == "wait"
    hour = evidence(strategy="silent", share=0.0, until=NOON + timedelta(hours=1))
    assert advise(hour, LADDER).action == "go on"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((-0.20, -0.26, -0.14), "fail"),
        ((-0.06, -0.10, -0.02), "fail"),
        ((-0.03, -0.08, 0.02), "inconclusive"),
        ((0.00, -0.04, 0.04), "pass"),
        ((-0.02, -0.03, -0.01), "pass"),
    ],
)
def test_quality_is_within_the_margin_or_clearly_worse_or_unclear(
    span: tuple[float, float, float], expected: str
) -> None:
    assert outcome("quality", evidence(difference=difference(*span))) == expected


def test_unknown_outcomes_hold_nothing_up_unless_the_policy_wants_them() -> None:
    found = evidence({"labelled": 3}, difference=None, labels_missing=47)
    assert advise(found, Rollout()).action == "go on"
    assert "47 more are needed" in advise(found, Rollout(require_truth=True)).reason
    assert outcome("quality", found) == "inconclusive"
    assert advise(found, Rollout(require_truth=True)).action == "wait"


def unseen(value: float) -> Figure:
    return Figure(name="unseen", value=value, rows=1000, interval=Interval(low=value * 0.8, high=value * 1.2))


def test_a_silent_challenger_that_leaves_out_much_is_looked_at_first() -> None:
    assert outcome("seen", evidence(strategy="silent", share=0.0, unseen=unseen(0.02))) == "pass"
    assert advise(evidence(strategy="silent", share=0.0, unseen=unseen(0.2)), Rollout()).action == "wait"


def test_why_a_silent_challenger_left_out_answers_is_said_in_figures() -> None:
    why = Unseen(refused=150, fields=("month",), dropped=20)
    found = evidence({"failures": 7}, strategy="silent", share=0.0, unseen=unseen(0.2), why_unseen=why)
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


SHIFT = Figure(name="psi", value=0.9, rows=900, interval=Interval(low=0.7, high=1.1))


def test_other_answers_hold_nothing_up_where_outcomes_show_that_they_are_as_good() -> None:
    found = evidence(shift=SHIFT)
    assert outcome("answers", found) == "fail"
    assert advise(found, Rollout()).action == "go on"


def test_other_answers_of_which_nobody_knows_whether_they_are_better_wait_for_a_person() -> None:
    found = evidence({"labelled": 3}, difference=None, shift=SHIFT)
    assert outcome("answers", found) == "inconclusive"
    assert advise(found, Rollout()).action == "wait"


def test_all_intervals_of_a_whole_ladder_together_keep_the_confidence() -> None:
    assert level_of(Rollout(confidence=0.94)) == pytest.approx(0.99)
    assert level_of(Rollout(confidence=0.92, agreement=0.9)) == pytest.approx(0.99)
    assert level_of(Rollout(confidence=0.94, stages=("canary", "single"))) == pytest.approx(0.98)


def test_the_margin_of_an_error_is_a_share_of_that_of_a_model_that_ignores_its_inputs() -> None:
    rents = Scale(size=80.0, of="the error of a model that ignores its inputs")
    found = evidence(metric="neg_mean_absolute_error", scale=rents, difference=difference(-2.0, -3.9, -0.1))
    assert outcome("quality", found) == "pass"
    assert outcome("quality", found, Rollout(margin=0.04)) == "fail"
    assert "tolerated -4 (0.050 of the error" in advise(found, Rollout()).verdicts[4].reason
