from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.core.signals import Finding, Signal
from trunkline.inputs import input_of
from trunkline.inputs.drift import column_drift
from trunkline.monitoring import Evidence, Profile, reference_profile
from trunkline.monitoring.data import Data
from trunkline.monitoring.signals import signal_of
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
        section: DataMonitor | None = None,
        torn: int = 0,
        **more: Any,
    ) -> Signal:
        window = LogWindow(predictions=answers(columns), rejections=rejections, torn=torn)
        evidence = Evidence("production", now, contract, reference=reference, window=window, **more)
        return signal_of("data", Data(section or DataMonitor()), evidence)

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
    any_effect = DataMonitor(psi=1e-9)
    signals = [watch(draw(495, seed), rejected, any_effect) for seed in range(1000, 1200)]
    assert sum(signal.state == "alarm" for signal in signals) <= 7
    tolerated = DataMonitor().psi
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
    signal = watch(columns | {"age": sparse}, section=DataMonitor(rejections=0.99))
    assert (signal.state, signal.unjudged, signal.recovered) == ("inconclusive", (), False)
    assert "the PSI of age" in signal.summary


def test_rejections_that_chance_may_explain_are_inconclusive(
    watch: Watch, draw: Draw, rejection: Any
) -> None:
    signal = watch(draw(389, 7), tuple(rejection(row) for row in range(11)))
    assert signal.state == "inconclusive"
    assert "rejected" in signal.summary


@pytest.fixture
def worded(contract: Contract) -> Contract:
    more = (Column(name="note", type="text"), Column(name="picked", type="time", nullable=True))
    return contract.model_copy(update={"columns": (*contract.columns, *more)})


FLAT = (
    "kind",
    "flat",
    "near",
    "the",
    "river",
    "with",
    "a",
    "garden",
    "and",
    "two",
    "rooms",
    "quiet",
    "sunny",
)
SHOP = ("order", "refund", "invoice", "parcel", "late", "broken", "card", "payment", "delivery", "please")


def _notes(words: tuple[str, ...], rows: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(words, random.integers(4, 9))) for _ in range(rows)]


def _times(rows: int, seed: int, *, hours: int = 24, days: float = 400) -> list[str]:
    random = np.random.default_rng(seed)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    days_ = random.uniform(0, days, rows).astype(int)
    return [
        (start + timedelta(days=int(day), hours=int(hour))).isoformat()
        for day, hour in zip(days_, random.integers(0, hours, rows), strict=True)
    ]


@pytest.fixture
def look(worded: Contract, draw: Draw, answers: Answers, now: datetime) -> Watch:
    """Watch a window of 500 rows whose notes and times are given."""
    before = draw(2000, 0)
    scores = before.pop("score")
    known = before | {"note": _notes(FLAT, 2000, 0), "picked": _times(2000, 0)}
    labels = ["Yes" if score > 0.5 else "No" for score in scores]
    reference = reference_profile(known, worded, labels=labels, scores=scores)

    def looked(*, old: bool = False, **columns: list[Any]) -> Signal:
        usual = {"note": _notes(FLAT, 500, 1), "picked": _times(500, 1)}
        window = LogWindow(predictions=answers(draw(500, 1) | usual | columns))
        value = reference.to_dict()
        if old:
            for name in ("note", "picked"):
                value["columns"][name] = {"kind": "count", "count": 2000, "nulls": 0}
        read = Profile.from_dict(value, origin="a bundle")
        evidence = Evidence("production", now, worded, reference=read, window=window)
        return signal_of("data", Data(DataMonitor()), evidence)

    return looked


def test_texts_and_times_like_those_of_the_reference_are_quiet(look: Watch) -> None:
    signal = look()
    assert (signal.state, signal.unjudged) == ("quiet", ())


@pytest.mark.parametrize(
    ("column", "values", "measures"),
    [
        ("note", _notes(SHOP, 500, 2), {"psi of the words", "psi of the vocabulary"}),
        ("note", [text * 4 for text in _notes(FLAT, 500, 2)], {"psi of the length"}),
        ("note", ["\u043f\u0440\u0438\u0432\u0435\u0442"] * 500, {"share of unknown values of the script"}),
        ("picked", _times(500, 2, hours=6), {"psi of the hour"}),
    ],
)
def test_a_planted_shift_of_texts_and_times_is_named_by_what_moved(
    look: Watch, column: str, values: list[str], measures: set[str]
) -> None:
    signal = look(**{column: values})
    found = {finding.measure for finding in signal.findings if finding.subject == column}
    assert measures <= found
    assert signal.state == "alarm"
    assert not {finding.subject for finding in signal.findings} - {column}


def test_no_text_of_anybody_is_in_a_signal_or_a_profile(worded: Contract, look: Watch) -> None:
    values = [f"my landlord is Ms Miller number {row}" for row in range(500)]
    columns: Columns = {column.name: [None] * 500 for column in worded.features}
    written = reference_profile(columns | {"note": values}, worded).line() + look(note=values).line()
    for word in ("landlord", "Miller", "miller"):
        assert word not in written


def test_a_season_of_which_no_cycle_passed_is_named_and_no_alarm(look: Watch) -> None:
    signal = look(picked=_times(500, 3, days=20))
    assert (signal.state, signal.unjudged) == ("quiet", ())
    assert "the month of picked (the window covers less than a year)" in signal.summary


def test_times_of_a_single_hour_cannot_be_compared_and_are_inconclusive(look: Watch) -> None:
    signal = look(picked=["2026-01-01T05:00:00Z"] * 500)
    assert (signal.state, signal.unjudged, signal.recovered) == ("inconclusive", ("picked",), True)
    assert "picked (time)" in signal.summary


def test_a_bundle_from_before_texts_and_times_were_measured_still_has_its_counts(look: Watch) -> None:
    signal = look(old=True, note=[None] * 500)
    assert signal.unjudged == ()
    assert [(one.subject, one.measure) for one in signal.findings] == [("note", "share of nulls")]
    quiet = look(old=True)
    assert (quiet.state, quiet.unjudged) == ("inconclusive", ("note", "picked"))


def test_redrawn_texts_and_times_hardly_ever_alarm(worded: Contract) -> None:
    note, picked = (input_of(worded.column(name)) for name in ("note", "picked"))
    reference = (note.summary(_notes(FLAT, 2000, 0)), picked.summary(_times(2000, 0)))
    false = 0
    for seed in range(1, 101):
        window = (
            note.counted(reference[0], _notes(FLAT, 300, seed)),
            picked.counted(reference[1], _times(300, seed)),
        )
        shifts = [
            shift
            for held, before, after in zip((note, picked), reference, window, strict=True)
            for shift in column_drift(held, before, after).values()
        ]
        assert max(shift.psi for shift in shifts) < DataMonitor().psi
        false += sum(shift.p_value < 0.05 for shift in shifts)
    # 700 tests at 5 %: 35 are expected, and more than 58 have a chance below 1 in 10,000.
    assert false <= 58


def test_torn_lines_are_told(watch: Watch, draw: Draw) -> None:
    assert "2 lines of the log could not be read" in watch(draw(500, 12), torn=2).summary
