"""Charts are SVG that stands by itself, and shows what it was given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.loop.life import charts
from trunkline.loop.life.history import Span

START = datetime(2026, 1, 1, tzinfo=UTC)


def later(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def test_the_timeline_has_a_lane_a_version_and_the_canarys_share() -> None:
    rows = [
        Span(1, "champion", 0.8, START, later(5)),
        Span(2, "canary", 0.2, START, later(5)),
        Span(2, "champion", 1.0, later(5), later(9)),
    ]
    drawn = charts.timeline(rows)
    assert drawn.startswith("<svg")
    assert ">version 1<" in drawn
    assert ">version 2<" in drawn
    assert ">20 %<" in drawn
    assert "version 3" not in drawn


def test_drift_shows_each_column_and_the_alarm_line() -> None:
    drawn = charts.drift([(later(0), {"age": 0.01}), (later(5), {"age": 2.0, "sex": 0.02})], 0.25)
    assert ">age<" in drawn
    assert ">sex<" in drawn
    assert ">alarm above 0.25<" in drawn


def test_windows_stand_side_by_side_however_close_in_time() -> None:
    rows = [(START + timedelta(seconds=second), {"age": 0.1 * second}) for second in (0, 1, 500)]
    drawn = charts.drift(rows, 0.25)
    first, second, third = (float(place) for place in re.findall(r'<use [^>]*x="([\d.]+)"', drawn)[:3])
    assert second - first == pytest.approx(third - second)


def test_quality_shows_what_was_measured_at_release() -> None:
    interval = Interval(low=0.6, high=0.8)
    rows = [(later(at), Figure(name="roc_auc", value=0.7, rows=500, interval=interval)) for at in (0, 5)]
    drawn = charts.quality(rows, "roc_auc", {"version 1": 0.71})
    assert ">roc_auc<" in drawn
    assert ">version 1 at release: 0.710<" in drawn


def test_nothing_in_a_chart_is_loaded_from_elsewhere() -> None:
    drawn = charts.drift([(later(0), {"age": 0.01}), (later(5), {"age": 2.0})], 0.25)
    assert 'href="http' not in drawn
    assert "<script" not in drawn


def test_the_same_rows_give_the_same_picture() -> None:
    rows = [(later(0), {"age": 0.01}), (later(5), {"age": 2.0})]
    assert charts.drift(rows, 0.25) == charts.drift(rows, 0.25)
