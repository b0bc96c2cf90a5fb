"""Last words: what a service wrote before it ended, and the next step that it gave."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trouble:
    """Why a service does not serve, and what helps where that is known; without a text it serves."""

    text: str = ""
    next_step: str = ""

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return self.text != ""

    def after(self, words: str) -> Trouble:
        """Return it with words before its text."""
        return Trouble(f"{words}: {self.text}", self.next_step)


def last_words(log: Path, since: int) -> Trouble:
    """Return the error that ended a service, else the last lines it wrote after its log had `since` bytes."""
    try:
        with log.open("rb") as stream:
            stream.seek(since)
            lines = [line.strip() for line in stream.read().decode(errors="replace").split("\n")]
    except OSError:
        lines = []
    said = [line for line in lines if line][-5:]
    quoted = Trouble(" | ".join(said) or "its log says nothing")
    return next((error for line in reversed(said) if (error := _error(line))), quoted)


def _error(line: str) -> Trouble | None:
    """Return what a line says that a service ended with by itself: it gives its exit code."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or "exit_code" not in told:
        return None
    return Trouble(str(told.get("event") or line), str(told.get("next") or ""))
