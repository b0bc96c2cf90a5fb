"""The recorder: given to locust as a second locustfile, it decides when users ask and writes down what came of it.

It runs in locust's process and nowhere else. The project's locustfile says what is asked; its own `wait_time` and
shapes are put aside, so that the rate is the policy's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.local import local  # type: ignore[import-untyped]
from locust import User, events
from locust.env import Environment

from trunkline.core.record import write_atomically
from trunkline.loop.gates.load_arrivals import RAISED, Arrivals, LoadOrder, Turn

ORDER = "TRUNKLINE_LOAD_ORDER"
LOOK_S = 0.05
LONGEST = 200


class Recorder:
    """Hands turns to users, and hears from locust's events what became of them."""

    def __init__(self, environment: Environment, order: LoadOrder) -> None:
        self._environment = environment
        self._order = order
        self._arrivals = Arrivals(order)
        self._began = Event()
        self._start = 0.0
        self._current = local()
        self._raised: dict[str, None] = {}
        environment.shape_class = None
        starts = {kind: kind.on_start for kind in environment.user_classes}
        for kind, on_start in starts.items():
            self._drive(kind, on_start)
        environment.events.spawning_complete.add_listener(self._begin)  # type: ignore[no-untyped-call]
        environment.events.request.add_listener(self._answered)  # type: ignore[no-untyped-call]
        environment.events.user_error.add_listener(self._error)  # type: ignore[no-untyped-call]

    def _drive(self, kind: type[User], on_start: Callable[[User], None]) -> None:
        def start_and_wait(user: User) -> None:
            on_start(user)
            self._wait()

        def wait(_: User) -> float:
            self._wait()
            return 0.0

        kind.on_start = start_and_wait  # type: ignore[method-assign, assignment]
        kind.wait_time = wait

    def _begin(self, **_: Any) -> None:
        self._start = time.perf_counter()
        self._began.set()
        gevent.spawn(self._watch)

    def _now(self) -> float:
        return time.perf_counter() - self._start

    def _wait(self) -> None:
        """Give back the turn that the user had, take the next, and sleep until it is due."""
        self._began.wait()
        before: Turn | None = getattr(self._current, "turn", None)
        if before is not None:
            before.over = True
        self._current.turn = turn = self._arrivals.take(self._now())
        if turn is None:
            Event().wait()  # until locust ends this user
        else:
            gevent.sleep(max(0.0, turn.due_s - self._now()))
            self._arrivals.begin(turn, self._now())

    def _answered(self, response_time: float | None, exception: BaseException | None, **rest: Any) -> None:
        turn: Turn | None = getattr(self._current, "turn", None)
        if turn is None:  # what users ask before their first turn, as signing in
            return
        problem = "" if exception is None else _named(exception, rest.get("response"))
        self._arrivals.answered(turn, float(response_time or 0.0), problem)

    def _error(self, exception: BaseException, **_: Any) -> None:
        self._raised.setdefault(f"{type(exception).__name__}: {exception}"[:LONGEST])
        turn: Turn | None = getattr(self._current, "turn", None)
        if turn is not None:
            self._arrivals.answered(turn, 0.0, f"{RAISED} {type(exception).__name__}")

    def _watch(self) -> None:
        """Meter the generator over the measured time, wait for the last answers, write the recording, end locust."""
        gevent.sleep(max(0.0, self._order.warm_up_s - self._now()))
        wall, busy = time.perf_counter(), _busy_s()
        gevent.sleep(max(0.0, self._order.warm_up_s + self._order.seconds - self._now()))
        share = (_busy_s() - busy) / max(time.perf_counter() - wall, 1e-9)
        while not self._arrivals.finished(self._now()):
            gevent.sleep(LOOK_S)
        recording = self._arrivals.recording(now=self._now(), busy=share, raised=tuple(self._raised))
        write_atomically(Path(self._order.recording), recording.line().encode())
        assert self._environment.runner is not None  # noqa: S101 - it has spawned users
        self._environment.runner.quit()


def _busy_s() -> float:
    """Return for how long locust's thread ran, or was ready to and waited for a core; without Linux only the first."""
    try:
        ran, waited, _ = Path("/proc/self/schedstat").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return time.process_time()
    return (int(ran) + int(waited)) / 1e9


def _named(exception: BaseException, response: object) -> str:
    """Return a failure in a form that is the same for all of its kind."""
    status = getattr(response, "status_code", 0)
    if status:
        return f"HTTP {status}" + ("" if status >= 400 else f", {exception}")[:LONGEST]
    return type(exception).__name__


@events.init.add_listener  # type: ignore[untyped-decorator]
def record(environment: Environment, **_: Any) -> None:
    """Put the recorder to work where an order was given."""
    order = os.environ.get(ORDER)
    if order:
        Recorder(environment, LoadOrder.read(Path(order)))
