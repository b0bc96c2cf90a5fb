"""Arrivals: when each request of a load is due, who takes its turn, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from trunkline.core.record import Record

SEED = 20
RAISED = "the locustfile raised"
"""How the problem begins that is the locustfile's own."""


class LoadOrder(Record):
    """The load that is to be put on; handed to the recorder in locust's process."""

    SCHEMA: ClassVar[str] = "trunkline/load-order/1"

    rate: float
    """Requests a second."""
    warm_up_s: float
    seconds: float
    patience_s: float
    """How long after the end answers are waited for."""
    users: int
    recording: str
    """The file that gets what happened."""


class Asked(Record):
    """A request and its answer; `problem` is empty for a good one."""

    latency_ms: float
    problem: str = ""


@dataclass
class Turn:
    """One arrival, in seconds since the load began; a user who has it notes what comes of it."""

    due_s: float
    begun_s: float | None
    """When it was begun; None when no user was free until the end."""
    queued_ms: float
    """How long it waited because every simulated user waited for an answer."""
    late_ms: float = 0.0
    """How much later than that it began, because the generator was late."""
    asked: list[Asked] = field(default_factory=list)
    over: bool = False
    """Whether the user was done with it before the end."""


class Recording(Record):
    """What came of an order, warm-up excluded."""

    SCHEMA: ClassVar[str] = "trunkline/load-recording/1"

    order: LoadOrder
    turns: tuple[Turn, ...]
    ended_s: float
    """When no answer was waited for any more, in seconds since the load began."""
    busy: float
    """The share of the measured time in which the generator ran, or was ready to and had no core."""
    raised: tuple[str, ...] = ()
    """What the locustfile's own code raised, each message once."""


def due_times(order: LoadOrder) -> tuple[float, ...]:
    """Return when requests are due, in seconds since the load began.

    Requests of many people who know nothing of each other arrive as a Poisson process; given how many come, their
    times are uniform. The seed is fixed, and exactly `rate * seconds` are due in the measured time.
    """
    draw = random.Random(SEED)  # noqa: S311 - no secret
    warm = round(order.rate * order.warm_up_s)
    measured = max(1, round(order.rate * order.seconds))
    before = sorted(draw.uniform(0, order.warm_up_s) for _ in range(warm))
    after = sorted(order.warm_up_s + draw.uniform(0, order.seconds) for _ in range(measured))
    return (*before, *after)


class Arrivals:
    """The turns of one load: users who are free take the next one, whether it is due already or not yet.

    So a slow answer does not hold up the requests behind it, as long as there are users (an open system: Schroeder,
    Wierman and Harchol-Balter, Open Versus Closed, NSDI 2006).
    """

    def __init__(self, order: LoadOrder) -> None:
        self.order = order
        times = due_times(order)
        self._total = len(times)
        self._due: Iterator[float] = iter(times)
        self._taken: list[Turn] = []

    def take(self, now: float) -> Turn | None:
        """Return the next turn for a user who is free at `now` (seconds since the load began), None after the last."""
        due = next(self._due, None)
        if due is None:
            return None
        turn = Turn(due_s=due, begun_s=max(due, now), queued_ms=1000 * max(0.0, now - due))
        self._taken.append(turn)
        return turn

    @staticmethod
    def begin(turn: Turn, now: float) -> None:
        """Note that a turn's task really begins."""
        planned = turn.begun_s or 0.0
        turn.late_ms = 1000 * max(0.0, now - planned)
        turn.begun_s = max(planned, now)

    @staticmethod
    def answered(turn: Turn, latency_ms: float, problem: str) -> None:
        """Note an answer; the first one of a turn has waited as long as the turn did."""
        waited = 0.0 if turn.asked else turn.queued_ms
        turn.asked.append(Asked(latency_ms=waited + latency_ms, problem=problem))

    def finished(self, now: float) -> bool:
        """Whether every turn was taken and is over, or patience is at its end."""
        end = self.order.warm_up_s + self.order.seconds
        if now < end + self.order.patience_s:
            return now >= end and len(self._taken) == self._total and all(turn.over for turn in self._taken)
        return True

    def recording(self, *, now: float, busy: float, raised: tuple[str, ...]) -> Recording:
        """Return what came of the measured time; turns that nobody took are among them."""
        left = [Turn(due, None, queued_ms=1000 * max(0.0, now - due)) for due in self._due]
        measured = tuple(turn for turn in (*self._taken, *left) if turn.due_s >= self.order.warm_up_s)
        return Recording(order=self.order, turns=measured, ended_s=now, busy=busy, raised=raised)
