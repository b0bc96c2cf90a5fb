"""The course of a signal as a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trunkline.core.signals import Finding, Signal
from trunkline.response.chart import RUNS, chart

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def run(
    hour: float,
    value: float,
    *,
    subject: str = "age",
    measure: str = "psi",
    fingerprint: str = "production/data",
) -> Signal:
    return Signal(
        kind="data",
        environment="production",
        fingerprint=fingerprint,
        state="quiet",
        severity="info",
        summary="",
        rows=500,
        lead=Finding(subject=subject, measure=measure, value=value, threshold=0.25),
        time=NOON + timedelta(hours=hour),
    )


def test_a_chart_draws_the_figure_against_its_threshold() -> None:
    text = chart(run(2, 0.5), [run(0, 0.01), run(1, 0.3)])
    assert "    line [0.01, 0.3, 0.5]\n    line [0.25, 0.25, 0.25]\n" in text
    assert 'x-axis ["11-23 12:00", "11-23 13:00", "11-23 14:00"]' in text
    assert 'title "age: psi, production"' in text


def test_one_run_is_no_course() -> None:
    assert chart(run(0, 0.5), []) == ""
    assert chart(run(0, 0.5), [run(0, 0.5)]) == ""


def test_a_signal_without_a_figure_has_no_chart() -> None:
    assert chart(run(1, 0.5).model_copy(update={"lead": None}), [run(0, 0.5)]) == ""


def test_other_signals_and_other_measures_are_left_out() -> None:
    others = [run(0, 9, fingerprint="staging/data"), run(1, 9, measure="share of nulls")]
    assert chart(run(2, 0.5), others) == ""


def test_the_worst_column_may_change() -> None:
    assert 'title "worst: psi, production"' in chart(run(1, 0.5), [run(0, 0.4, subject="income")])


def test_only_the_newest_runs_are_drawn_and_small_numbers_have_no_exponent() -> None:
    text = chart(run(100, 0.00001), [run(hour, 0.5) for hour in range(60)])
    assert text.count("0.25") == RUNS
    assert ", 0.00001]" in text


def test_runs_of_one_minute_keep_a_place_each() -> None:
    text = chart(run(0.002, 0.5), [run(0, 0.4), run(0.001, 0.45)])
    assert '"12:00:00 (1)", "12:00:03 (2)", "12:00:07 (3)"' in text


def test_values_of_users_cannot_end_a_title_or_a_block() -> None:
    text = chart(run(1, 0.5, subject='a"\n```\nb'), [run(0, 0.5, subject='a"\n```\nb')])
    assert text.count("```") == 2
    assert text.count('"') == 2 + 4 + 2
