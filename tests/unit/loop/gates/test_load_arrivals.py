"""Arrivals: requests come when they are due, whatever the service does, and nothing that was due is lost."""

from __future__ import annotations

import itertools

import pytest

from trunkline.loop.gates.load_arrivals import Arrivals, LoadOrder, Turn, due_times

ORDER = LoadOrder(rate=20, warm_up_s=1, seconds=5, patience_s=2, users=4, recording="r.json")
END = 6.0


def take(arrivals: Arrivals, now: float) -> Turn:
    """Return the next turn, which there must be."""
    turn = arrivals.take(now)
    assert turn is not None
    return turn


def played(arrivals: Arrivals, *, latency_s: float) -> None:
    """Let one quick user after the other take every turn and answer it in the same time."""
    while (turn := arrivals.take(0.0)) is not None:
        arrivals.begin(turn, turn.due_s)
        arrivals.answered(turn, 1000 * latency_s, "")
        turn.over = True


def test_exactly_the_wanted_number_is_due_in_the_measured_time() -> None:
    times = due_times(ORDER)
    assert len([time for time in times if 1 <= time < END]) == 100
    assert len([time for time in times if time < 1]) == 20
    assert list(times) == sorted(times)


def test_the_same_order_gives_the_same_times() -> None:
    assert due_times(ORDER) == due_times(ORDER)


def test_times_are_as_irregular_as_those_of_people_who_do_not_know_each_other() -> None:
    times = due_times(ORDER.model_copy(update={"rate": 400.0, "warm_up_s": 0.0}))
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert 0.9 < spread / mean < 1.1


def test_even_the_slowest_rate_asks_once() -> None:
    assert len(due_times(ORDER.model_copy(update={"rate": 0.01, "warm_up_s": 0.0}))) == 1


def test_warm_up_is_left_out_exactly() -> None:
    arrivals = Arrivals(ORDER)
    played(arrivals, latency_s=0.01)
    recording = arrivals.recording(now=END, busy=0.1, raised=())
    assert len(recording.turns) == 100
    assert min(turn.due_s for turn in recording.turns) >= 1


def test_a_user_who_is_early_waits_and_nothing_is_added_to_the_answer() -> None:
    arrivals = Arrivals(ORDER)
    turn = take(arrivals, -1.0)
    arrivals.begin(turn, turn.due_s + 0.002)
    arrivals.answered(turn, 8.0, "")
    assert turn.queued_ms == 0
    assert turn.late_ms == pytest.approx(2.0)
    assert turn.asked[0].latency_ms == 8.0


def test_a_request_that_found_every_user_busy_has_waited_since_it_was_due() -> None:
    arrivals = Arrivals(ORDER)
    first = take(arrivals, -1.0)
    second = take(arrivals, first.due_s + 3.0)
    waited = 1000 * (first.due_s + 3.0 - second.due_s)
    arrivals.begin(second, first.due_s + 3.0)
    arrivals.answered(second, 8.0, "")
    arrivals.answered(second, 5.0, "")
    assert second.late_ms == pytest.approx(0.0)
    assert [one.latency_ms for one in second.asked] == pytest.approx([waited + 8.0, 5.0])


def test_turns_that_nobody_took_are_part_of_the_recording() -> None:
    arrivals = Arrivals(ORDER)
    take(arrivals, 0.0)
    recording = arrivals.recording(now=END + 2, busy=0.1, raised=("ValueError: x",))
    assert sum(turn.begun_s is None for turn in recording.turns) == 100
    assert (recording.ended_s, recording.raised) == (END + 2, ("ValueError: x",))


def test_it_ends_when_every_answer_is_there_and_not_before_the_time_is_over() -> None:
    arrivals = Arrivals(ORDER)
    played(arrivals, latency_s=0.01)
    assert not arrivals.finished(END - 0.1)
    assert arrivals.finished(END)


def test_it_waits_for_the_last_answer_and_then_no_longer_than_patience() -> None:
    arrivals = Arrivals(ORDER)
    last: Turn | None = None
    while (turn := arrivals.take(0.0)) is not None:
        last, turn.over = turn, True
    assert last is not None
    last.over = False
    assert not arrivals.finished(END + 1.9)
    assert arrivals.finished(END + 2)


def test_it_waits_for_turns_that_nobody_took_yet() -> None:
    arrivals = Arrivals(ORDER)
    take(arrivals, 0.0).over = True
    assert not arrivals.finished(END + 1)
