"""Tasks: what an answer is, and what can be asked of it; the only room that knows the kind of answer."""

from __future__ import annotations

from .answers import Answers, Apart
from .first_steps import FirstSteps
from .found import answer_rows, judging_of, outcomes_of, silent_before, task_of
from .losses import Losses
from .task import Judging, Task, Watched

__all__ = [
    "Answers",
    "Apart",
    "FirstSteps",
    "Judging",
    "Losses",
    "Task",
    "Watched",
    "answer_rows",
    "judging_of",
    "outcomes_of",
    "silent_before",
    "task_of",
]
