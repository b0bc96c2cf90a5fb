"""Long work is never silent for long."""

from __future__ import annotations

import queue

from trunkline.core.progress import SECONDS, Heartbeat

PATIENCE = 30
EVER = 3600


def test_people_wait_at_most_five_seconds_for_a_line() -> None:
    assert SECONDS <= 5


def test_a_step_that_takes_long_is_shown_again_with_its_seconds() -> None:
    shown: queue.Queue[str] = queue.Queue()
    with Heartbeat(shown.put, "train", every=0.01) as beating:
        assert shown.get(timeout=PATIENCE).startswith("train (0 s")
        beating.say("searching")
        lines = iter(lambda: shown.get(timeout=PATIENCE), None)
        assert next(line for line in lines if not line.startswith("train")) == "searching"
        assert next(lines).startswith("searching (0 s")
        assert next(lines).startswith("searching (0 s")


def test_nothing_is_shown_after_the_work() -> None:
    shown: list[str] = []
    with Heartbeat(shown.append, "train", every=0.001):
        pass
    ended = len(shown)
    with Heartbeat(lambda _: None, "another", every=0.001):
        assert len(shown) == ended


def test_quick_steps_are_shown_once() -> None:
    shown: list[str] = []
    with Heartbeat(shown.append, "train", every=EVER) as beating:
        beating.say("one")
        beating.say("two")
    assert shown == ["one", "two"]
