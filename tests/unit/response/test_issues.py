"""How signals read as issues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.core.figures import Interval
from trunkline.core.signals import Finding, Signal
from trunkline.response import issues

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DRIFT = Finding(
    subject="age",
    measure="PSI",
    value=0.31234,
    threshold=0.25,
    interval=Interval(low=0.28, high=0.36),
    p_value=0.0004,
    detail="mean 24.1 to 289.3",
)


def signal(**changes: Any) -> Signal:
    whole: dict[str, Any] = {
        "kind": "data",
        "environment": "production",
        "fingerprint": "production/data",
        "state": "alarm",
        "severity": "warning",
        "summary": "age has drifted",
        "rows": 5226,
        "findings": (DRIFT,),
        "time": NOON,
    }
    return Signal.model_validate(whole | changes)


def test_the_title_of_a_data_signal_names_the_columns_once() -> None:
    both = (DRIFT, DRIFT.model_copy(update={"subject": "checks"}), DRIFT)
    assert issues.title(signal(findings=both)) == "Data in production: age, checks"


def test_other_titles_begin_with_what_matters() -> None:
    fallen = signal(
        kind="performance", summary="roc_auc is 0.289 (95% interval 0.234 to 0.345) on 500 answers"
    )
    assert issues.title(fallen) == "Performance in production: roc_auc is 0.289"


def test_a_title_is_one_line_of_at_most_120_characters() -> None:
    title = issues.title(signal(findings=(), summary="drift\r\nBcc: all\x00 " + "x" * 300))
    assert title.startswith("Data in production: drift Bcc: all x")
    assert len(title) == 120
    assert title.endswith("…")


def test_the_body_holds_the_figures_with_interval_and_threshold() -> None:
    body = issues.body(signal())
    assert "| age | PSI | 0.3123 | 0.25 | 0.28 to 0.36 (95 %) | 0.0004 | mean 24.1 to 289.3 |" in body
    assert (
        "Severity **warning**, environment `production`, 5,226 rows looked at, 2026-11-23 12:00 UTC." in body
    )


def test_the_body_numbers_what_the_monitor_advises_to_do() -> None:
    body = issues.body(signal(advice=("Ask whoever sends it.", "Retrain.")))
    assert "## What to do next\n\n1. Ask whoever sends it.\n2. Retrain.\n" in body
    assert "What to do next" not in issues.body(signal())


def test_a_body_without_findings_has_no_table() -> None:
    assert "|" not in issues.body(signal(findings=()))


def test_values_of_users_cannot_break_the_table_or_call_people() -> None:
    hostile = DRIFT.model_copy(update={"subject": "a|b\n|c", "detail": "<!-- --> @team `code` [x](http://y)"})
    row = next(line for line in issues.body(signal(findings=(hostile,))).splitlines() if "PSI" in line)
    assert row.startswith("| a\\|b \\|c | PSI")
    assert "<!--" not in row
    assert "@team" not in row
    assert "](http" not in row


def test_a_long_table_is_cut_and_says_so() -> None:
    body = issues.body(signal(findings=(DRIFT,) * 70))
    assert body.count("| age |") == issues.FINDINGS
    assert "… and 20 more." in body
    assert len(issues.body(signal(findings=(DRIFT.model_copy(update={"detail": "x" * 9000}),) * 70))) < 65_536


def test_an_update_adds_a_dated_line_and_shows_the_newest_figures() -> None:
    first = issues.update(signal())
    moved = DRIFT.model_copy(update={"value": 0.5})
    second = issues.update(signal(time=NOON + timedelta(hours=1), findings=(moved,)), first)
    lines = [line for line in second.splitlines() if line.startswith("- ")]
    assert lines == [
        "- **2026-11-23 12:00 UTC** still there, warning: age has drifted",
        "- **2026-11-23 13:00 UTC** still there, warning: age has drifted",
    ]
    assert "| 0.5 |" in second
    assert "0.3123" not in second


def test_an_update_keeps_only_the_last_lines() -> None:
    text = ""
    for hour in range(3 * issues.LINES):
        text = issues.update(signal(time=NOON + timedelta(hours=hour)), text)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == issues.LINES
    assert "2026-11-25 23:00" in lines[-1]


def test_recovery_shows_the_evidence() -> None:
    calm = DRIFT.model_copy(update={"value": 0.02})
    text = issues.recovery(signal(state="quiet", summary="no drift", findings=(calm,)))
    assert text.startswith("Recovered 2026-11-23 12:00 UTC: no drift (5,226 rows looked at)")
    assert "| age | PSI | 0.02 | 0.25 |" in text


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (12.0, "12"), (0.123456, "0.1235"), (1e20, "1e+20")]
)
def test_numbers_have_four_significant_digits(value: float, words: str) -> None:
    assert issues.number(value) == words
