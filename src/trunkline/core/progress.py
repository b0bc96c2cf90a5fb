"""How long work says how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

Progress = Callable[[str], None]
"""Is told one line, without an end, whenever there is something to say."""

SECONDS = 5.0
"""The longest silence of work that goes on."""


class Heartbeat:
    """Shows steps, and the newest one again while nothing else is said: no stage has to know how long it takes.

    Used as a context; what shows the lines is called from the thread that works and from one of its own.
    """

    def __init__(self, show: Progress, first: str, *, every: float = SECONDS) -> None:
        """Show lines by `show`; `first` stands for the work until it says its first step."""
        self._show = show
        self._every = every
        self._step = first
        self._began = time.monotonic()
        self._said = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._repeat, name="progress", daemon=True)

    def say(self, step: str) -> None:
        """Show a new step."""
        self._step, self._began = step, time.monotonic()
        self._said.set()
        self._show(step)

    def __enter__(self) -> Heartbeat:
        """Begin to listen for silence."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show nothing any more."""
        self._ended = True
        self._said.set()
        self._thread.join()

    def _repeat(self) -> None:
        while True:
            self._said.clear()
            # Asked after `clear`, which may have taken the word that the work ended.
            if self._ended:
                return
            step, began = self._step, self._began
            if not self._said.wait(self._every) and not self._ended:
                self._show(f"{step} ({time.monotonic() - began:.0f} s so far)")
