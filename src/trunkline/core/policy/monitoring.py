"""What monitors look at, and from when on it is a signal."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from .section import Positive
from .sections import PluginSections, with_sections


@with_sections("monitors")
class Monitoring(PluginSections):
    """What is watched, over which rows; beside it the section of each monitor."""

    window_rows: Positive = 500
    """The newest answers that a monitor looks at."""
    minimum_rows: Positive = 200
    """With fewer, data and performance are inconclusive."""
    silence_hours: Positive = 24
    """Hours after which an answer counts that nothing was recorded of, where that says something: it was not clicked.
    Answers of a list of items only; other answers count once their outcome is recorded."""
    heartbeat_hours: Positive = 6
    """Hours without a run after which the hourly workflows, monitor.yml and rollout.yml, have stopped."""
    heartbeat_days: Positive = 9
    """Days without a run after which the weekly retrain.yml has stopped."""

    @model_validator(mode="before")
    @classmethod
    def _reads_the_former_name_of_log(cls, value: Any) -> Any:
        if isinstance(value, dict) and "logs" in value and "log" not in value:
            return {"log" if key == "logs" else key: held for key, held in value.items()}
        return value
