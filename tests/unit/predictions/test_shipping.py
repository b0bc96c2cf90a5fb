"""How much of the log is not shipped, while rounds come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trunkline.predictions.shipping import Backlog

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def behind(backlog: Backlog, second: float) -> tuple[int, float]:
    found = backlog.behind(at(second))
    return found.records, found.seconds


def test_nothing_logged_is_not_behind() -> None:
    assert behind(Backlog(), 100) == (0, 0.0)


def test_the_age_is_that_of_the_oldest_record_which_the_store_does_not_have() -> None:
    backlog = Backlog()
    backlog.logged(2, at(0))
    backlog.logged(1, at(5))
    assert behind(backlog, 10) == (3, 10.0)
    mark = backlog.begin()
    backlog.logged(4, at(12))
    assert behind(backlog, 13) == (7, 13.0)
    backlog.shipped(mark)
    assert behind(backlog, 14) == (4, 2.0)


def test_a_round_that_failed_leaves_what_it_was_to_ship() -> None:
    backlog = Backlog()
    backlog.logged(2, at(0))
    backlog.begin()
    backlog.logged(1, at(5))
    mark = backlog.begin()
    assert behind(backlog, 9) == (3, 9.0)
    backlog.shipped(mark)
    assert behind(backlog, 20) == (0, 0.0)


def test_what_an_earlier_process_left_counts_until_it_is_shipped() -> None:
    backlog = Backlog(at(0))
    assert behind(backlog, 60) == (0, 60.0)
    backlog.shipped(backlog.begin())
    assert behind(backlog, 61) == (0, 0.0)
