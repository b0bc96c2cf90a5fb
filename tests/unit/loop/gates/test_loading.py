"""Loading: a recording becomes figures in which nothing that went wrong is missing."""

from __future__ import annotations

import pytest

from trunkline.core.errors import ProjectError
from trunkline.loop.gates.load_arrivals import RAISED, Asked, LoadOrder, Recording, Turn
from trunkline.loop.gates.loading import measured

ORDER = LoadOrder(rate=2, warm_up_s=1, seconds=2, patience_s=5, users=4, recording="r.json")


def turn(*asked: Asked, due_s: float = 1.5, begun_s: float | None = 1.5, over: bool = True) -> Turn:
    """Return a turn."""
    return Turn(due_s=due_s, begun_s=begun_s, queued_ms=0, late_ms=0.5, asked=list(asked), over=over)


def recorded(*turns: Turn, raised: tuple[str, ...] = ()) -> Recording:
    """Return a recording."""
    return Recording(order=ORDER, turns=turns, ended_s=8.0, busy=0.2, raised=raised)


GOOD, BAD = Asked(latency_ms=8.0), Asked(latency_ms=3.0, problem="HTTP 500")
OWN = Asked(latency_ms=0.0, problem=f"{RAISED} KeyError")


def test_good_answers_have_latencies_and_bad_ones_have_reasons() -> None:
    load = measured(recorded(turn(GOOD), turn(BAD), turn(GOOD, BAD)))
    assert load.latency_ms.tolist() == [8.0, 8.0]
    assert load.failures == {"HTTP 500": 2}
    assert (load.due, load.sent) == (3, 3)
    assert load.late_ms.tolist() == [0.5, 0.5, 0.5]
    assert (load.busy, load.users, load.died) == (0.2, 4, "")


def test_what_was_never_answered_failed() -> None:
    load = measured(recorded(turn(GOOD), turn(over=False), turn(begun_s=None, over=False)))
    assert load.failures == {"no answer within 5 s of the end": 2}
    assert load.answered == 1
    assert load.latency_ms.tolist() == [8.0, 6500.0, 6500.0]  # due at 1.5 s, and nothing came until 8 s


def test_what_was_sent_after_the_end_was_not_sent_in_time() -> None:
    load = measured(recorded(turn(GOOD), turn(GOOD, begun_s=3.2), turn(begun_s=None, over=False)))
    assert (load.due, load.sent) == (3, 1)


def test_a_task_that_asks_nothing_lowers_the_rate() -> None:
    load = measured(recorded(turn(GOOD), turn()))
    assert (load.due, load.sent) == (2, 1)
    assert not load.failures


def test_a_locustfile_that_asks_nothing_is_refused() -> None:
    with pytest.raises(ProjectError, match="sent no request"):
        measured(recorded(turn(), turn()))


@pytest.mark.parametrize("turns", [(turn(OWN), turn(OWN)), (turn(begun_s=None, over=False),)])
def test_a_locustfile_that_only_raises_is_refused(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(ProjectError, match="KeyError: 'x'"):
        measured(recorded(*turns, raised=("KeyError: 'x'",)))


def test_a_locustfile_that_raises_because_of_the_answers_leaves_them_to_the_gates() -> None:
    load = measured(recorded(turn(BAD, OWN), raised=("KeyError: 'prediction'",)))
    assert load.failures == {"HTTP 500": 1, f"{RAISED} KeyError": 1}


def test_a_service_that_answers_nothing_at_all_is_left_to_the_gates() -> None:
    load = measured(recorded(turn(over=False), turn(over=False)), died="killed")
    assert sum(load.failures.values()) == 2
    assert load.died == "killed"
