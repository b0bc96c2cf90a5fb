from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from trunkline.core.contract import Column, Contract
from trunkline.core.policy.monitoring import DataMonitor, Monitoring
from trunkline.core.signals import Finding, Signal
from trunkline.monitoring import Profile, reference_profile, watch_data
from trunkline.predictions import LogWindow, Prediction, Rejection

Columns = dict[str, list[Any]]
Draw = Callable[..., Columns]
Watch = Callable[..., Signal]
Answers = Callable[..., tuple[Prediction, ...]]


@pytest.fixture
def watch(contract: Contract, reference: Profile, now: datetime, answers: Answers) -> Watch:
    def watched(
        columns: Columns,
        rejections: tuple[Rejection, ...] = (),
        policy: Monitoring | None = None,
        torn: int = 0,
        **more: Any,
    ) -> Signal:
        window = LogWindow(predictions=answers(columns), rejections=rejections, torn=torn)
        return watch_data(
            window, reference, contract, policy or Monitoring(), environment="production", now=now, **more
        )

    return watched


def _only(signal: Signal, measure: str, subject: str) -> Finding:
    assert [(finding.subject, finding.measure) for finding in signal.findings] == [(subject, measure)]
    return signal.findings[0]


def test_a_window_like_the_reference_is_quiet_and_says_how_far_it_looked(watch: Watch, draw: Draw) -> None:
    signal = watch(draw(500, 1))
    assert (signal.state, signal.severity, signal.findings, signal.rows) == ("quiet", "info", (), 500)
    assert signal.fingerprint == "production/data"
    assert "largest PSI" in signal.summary
    assert signal.lead
    assert (signal.lead.measure, signal.lead.threshold) == ("psi", 0.25)
    assert signal.lead.value < 0.25


def test_redraws_from_the_reference_hardly_ever_alarm(watch: Watch, draw: Draw, rejection: Any) -> None:
    # Significance is 1% over all columns together: of 200 looks 2 are expected even where any effect, however
    # small, would do, and 8 or more have a chance of 1 in 1000. With the effect that the policy asks for: none.
    rejected = tuple(rejection(row) for row in range(5))
    any_effect = Monitoring(data=DataMonitor(psi=1e-9))
    signals = [watch(draw(495, seed), rejected, any_effect) for seed in range(1000, 1200)]
    assert sum(signal.state == "alarm" for signal in signals) <= 7
    tolerated = Monitoring().data.psi
    assert not any(finding.value > tolerated for signal in signals for finding in signal.findings)


def test_a_unit_error_is_a_critical_alarm_that_names_the_column(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 2)
    signal = watch(columns | {"age": [age // 10 for age in columns["age"]]})
    finding = _only(signal, "psi", "age")
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert finding.value > 1
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert "age (PSI" in signal.summary
    assert "below 18: 0 % at release, 100 % now" in signal.summary


def test_a_new_category_is_named(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 3)
    colour = ["Purple" if row % 12 == 0 else value for row, value in enumerate(columns["colour"])]
    signal = watch(columns | {"colour": colour})
    finding = _only(signal, "share of unknown values", "colour")
    assert (signal.severity, finding.value) == ("warning", 42 / 500)
    assert "'Purple' 42" in signal.summary


def test_a_null_flood_is_named(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 4)
    employed = [None if row % 5 == 0 else value for row, value in enumerate(columns["employed"])]
    signal = watch(columns | {"employed": employed})
    assert _only(signal, "share of nulls", "employed").value == 0.2
    assert "employed is null in 20 % of rows (0 % at release)" in signal.summary


def test_an_audit_column_that_no_client_sends_is_not_drift(watch: Watch, draw: Draw) -> None:
    assert watch(draw(500, 5) | {"colour": [None] * 500}).state == "quiet"
    assert watch(draw(500, 5) | {"employed": [None] * 500}).severity == "critical"


def test_a_shift_of_the_models_answers_is_a_finding(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 6)
    signal = watch(columns | {"score": [1 - score for score in columns["score"]]})
    assert {finding.measure for finding in signal.findings} == {"psi of the label", "psi of the score"}
    assert {finding.subject for finding in signal.findings} == {"prediction"}
    assert "score of the prediction" in signal.summary


def test_answers_of_another_bundle_are_not_compared_with_this_ones(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 6)
    turned = columns | {"score": [1 - score for score in columns["score"]]}
    assert watch(turned, bundle="sha256:one").state == "alarm"
    assert watch(turned, bundle="sha256:two").state == "quiet"


def test_rejected_requests_are_an_alarm_with_field_value_and_rule(
    watch: Watch, draw: Draw, rejection: Any
) -> None:
    signal = watch(draw(349, 7), tuple(rejection(row) for row in range(31)))
    assert (signal.state, signal.severity, signal.rows) == ("alarm", "warning", 380)
    assert [finding.subject for finding in signal.findings] == ["requests", "employed"]
    assert "'Part-time' is not one of No, Yes: 31 of 380 requests" in signal.summary


def test_mostly_rejected_requests_are_critical_though_few_were_answered(
    watch: Watch, draw: Draw, rejection: Any
) -> None:
    signal = watch(draw(20, 8), tuple(rejection(row) for row in range(300)))
    assert (signal.state, signal.severity) == ("alarm", "critical")


def test_too_few_requests_are_inconclusive(watch: Watch, draw: Draw, rejection: Any) -> None:
    signal = watch(draw(150, 9), tuple(rejection(row) for row in range(40)))
    assert (signal.state, signal.rows) == ("inconclusive", 190)
    assert "200 are needed" in signal.summary


def test_only_the_newest_window_counts(watch: Watch, draw: Draw) -> None:
    old, new = draw(500, 10), draw(500, 11)
    columns = {name: old[name] + new[name] for name in old}
    columns["age"] = [age // 10 for age in old["age"]] + new["age"]
    signal = watch(columns)
    assert (signal.state, signal.rows) == ("quiet", 500)


def test_a_shift_that_too_few_values_show_is_inconclusive(watch: Watch, draw: Draw) -> None:
    columns = draw(500, 13)
    sparse = [age + 4 if row < 12 else None for row, age in enumerate(columns["age"])]
    policy = Monitoring(data=DataMonitor(rejections=0.99))
    signal = watch(columns | {"age": sparse}, policy=policy)
    assert (signal.state, signal.unjudged, signal.recovered) == ("inconclusive", (), False)
    assert "the PSI of age" in signal.summary


def test_rejections_that_chance_may_explain_are_inconclusive(
    watch: Watch, draw: Draw, rejection: Any
) -> None:
    signal = watch(draw(389, 7), tuple(rejection(row) for row in range(11)))
    assert signal.state == "inconclusive"
    assert "rejected" in signal.summary


def test_a_text_is_not_judged_and_that_is_said_without_keeping_a_recovery_open(
    contract: Contract, draw: Draw, answers: Answers, now: datetime
) -> None:
    note = Column(name="note", type="text")
    worded = contract.model_copy(update={"columns": (*contract.columns, note)})
    before, after = draw(2000, 0), draw(500, 1)
    scores = before.pop("score")
    labels = ["Yes" if score > 0.5 else "No" for score in scores]
    reference = reference_profile(
        before | {"note": ["a kind flat"] * 2000}, worded, labels=labels, scores=scores
    )

    def look(columns: Columns) -> Signal:
        window = LogWindow(predictions=answers(columns | {"note": ["\u4f60\u597d"] * 500}))
        return watch_data(window, reference, worded, Monitoring(), environment="production", now=now)

    signal = look(after)
    assert (signal.state, signal.unjudged, signal.recovered) == ("inconclusive", ("note",), True)
    assert "Not judged: note (text)" in signal.summary
    alarm = look(after | {"age": [age // 10 for age in after["age"]]})
    assert (alarm.state, [finding.subject for finding in alarm.findings]) == ("alarm", ["age"])
    assert "Not judged: note (text)" in alarm.summary


def test_torn_lines_are_told(watch: Watch, draw: Draw) -> None:
    assert "2 lines of the log could not be read" in watch(draw(500, 12), torn=2).summary
