"""A schedule is a moment that exists, not the one at which all the world starts its runs, and alone in its file."""

from __future__ import annotations

import calendar
import re

from ..finding import Remarks
from ..repository import Repository
from ..scenario import BLIND, job_runs
from ..workflow import line_of, listed

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
BESIDE = frozenset({"schedule", "workflow_dispatch", "workflow_call", "repository_dispatch"})
"""Events that nobody waits for in vain: after sixty idle days GitHub stops the whole file, whatever starts it."""
PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")


def values(field: str, low: int, high: int) -> set[int]:
    """Return the numbers that a field of a schedule stands for.

    Raises:
        ValueError: It stands for none.
    """
    found: set[int] = set()
    for part in field.split(","):
        given = PART.fullmatch(part)
        if not given:
            raise ValueError(f"{part} is neither a number nor a range")
        first, last, step = given.groups()
        start = low if first is None else int(first)
        end = int(last) if last else (high if first is None or step else start)
        if not low <= start <= end <= high:
            raise ValueError(f"{part} is not within {low} to {high}")
        found |= set(range(start, end + 1, int(step or 1) or high))
    return found


def check(repository: Repository) -> Remarks:
    """Yield each schedule that is none, never comes, comes with everybody else's, or puts other events to sleep.

    One that comes more often than daily must not start a machine of GitHub's from which nothing can be seen: a job of
    two minutes every hour is 1,500 minutes a month.
    """
    for workflow in repository.workflows:
        schedule = listed(workflow.triggers.get("schedule"))
        others = sorted(set(workflow.triggers) - BESIDE) if schedule else []
        if others:
            line = line_of(workflow.tree["on"], others[0])
            yield workflow, line, f"GitHub stops idle schedules by the file, {', '.join(others)} with it"
        for entry in schedule:
            line = line_of(entry, "cron") if "cron" in entry else workflow.line("on")
            problem = _problem(str(entry.get("cron", "")).split())
            if problem:
                yield workflow, line, problem
            elif _often(str(entry["cron"]).split()[1]):
                for job in workflow.jobs.values():
                    if job_runs(workflow, job, BLIND):
                        yield workflow, job.line, f"job {job.key} runs every hour where nothing can be seen"


def _often(hours: str) -> bool:
    return len(values(hours, 0, 23)) > 1


def _problem(fields: list[str]) -> str:
    if len(fields) != len(FIELDS):
        return f"a schedule has {len(FIELDS)} fields, this one {len(fields)}"
    try:
        minutes, _, days, months, _ = (
            values(field, low, high) for field, (_, low, high) in zip(fields, FIELDS, strict=True)
        )
    except ValueError as error:
        return str(error)
    if fields[4] == "*" and min(days) > max(calendar.monthrange(2024, month)[1] for month in months):
        return "that day never comes"
    if 0 in minutes:
        return "at minute 0 GitHub is busiest and drops scheduled runs"
    return ""
