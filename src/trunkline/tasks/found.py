"""How a task is found: by the name that a contract, or what was paired under it, carries."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from trunkline.core.contract import Contract
from trunkline.core.plugins import OURS, plugin

from .task import Judging, Task

if TYPE_CHECKING:
    from .outcomes import Outcomes

Tables = Mapping[str, Mapping[str, str]]
Frame = TypeVar("Frame")


class Named(Protocol):
    """A contract, or truth paired with answers."""

    @property
    def task(self) -> str:
        """Return the name of the task."""


def task_of(about: Named, *, table: Tables = OURS) -> Task:
    """Return the task of a contract, or of what was paired under it; `table` lists those there are.

    Raises PolicyError when there is no task of that name.
    """
    return _opened(about.task) if table is OURS else _open(about.task, table)


def judging_of(about: Named) -> Judging:
    """Return what the task of a contract knows with the training stack at hand."""
    judging: Judging = _made(task_of(about).judging)
    return judging


def answer_rows(frame: Frame, contract: Contract) -> Frame:
    """Return rows of a snapshot as they are answered: one row an answer."""
    rows: Frame = judging_of(contract).rows(frame, contract)
    return rows


def outcomes_of(about: Named) -> Outcomes:
    """Return what the task of a contract knows of the outcomes of rows."""
    outcomes: Outcomes = _made(task_of(about).outcomes)
    return outcomes


def silent_before(contract: Contract, now: datetime, hours: float) -> datetime | None:
    """Return the time before which answers count though nothing was recorded of them, and after which none counts.

    None where silence says nothing: an answer then counts once something is recorded of it.
    """
    return now - timedelta(hours=hours) if task_of(contract).silence else None


def _made(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)()


def _open(name: str, table: Tables) -> Task:
    task: Task = plugin("tasks", name, table=table)()
    return task


@cache
def _opened(name: str) -> Task:
    return _open(name, OURS)
