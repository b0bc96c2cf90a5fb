"""How the command line shows progress, tables and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from trunkline.core.errors import PolicyError
from trunkline.core.figures import Figure
from trunkline.core.project import Project
from trunkline.core.secrets import secret
from trunkline.core.signals import Signal
from trunkline.core.verdicts import Verdict

from .steps import progress as progress
from .terminal import visible

COLOURS = {
    "pass": "green",
    "fail": "red",
    "inconclusive": "yellow",
    "quiet": "green",
    "alarm": "red",
}


def project_of(ctx: click.Context) -> Project:
    """Return the project that the call is about."""
    start: Path = ctx.find_root().obj
    return Project.find(start)


def environment_of(project: Project, named: str) -> str:
    """Return the environment that the call names, or else the one that releases go to.

    Raises PolicyError where others have a desired state and this one has none.
    """
    environment = named or project.policy.rollout.environment
    known = project.environments()
    if known and environment not in known:
        raise PolicyError(
            f"There is no environment {environment[:LONGEST_NAME]}.",
            value=environment,
            next_step=f"use one of {', '.join(known)}",
        )
    return environment


def result(name: str, value: object) -> None:
    """Show one named result."""
    click.echo(click.style(f"{name + ':':<14} ", bold=True) + visible(str(value)))


def word(outcome: str) -> str:
    """Return an outcome in its colour, padded to one width."""
    return click.style(f"{outcome:<13}", fg=COLOURS.get(outcome), bold=True)


LONGEST_NAME = 80
IN_FULL = ("performance", "load", "deepchecks")
"""Rooms whose green verdicts are shown too: their figures are what people look for."""


def figure(one: Figure) -> str:
    """Return a measured figure as one line."""
    from trunkline.measure.wording import measured

    return f"{one.name:<28} {measured(one, f'{one.rows:,} test rows')}"


def verdicts(rows: Iterable[Verdict]) -> None:
    """Show verdicts, those that stop a release last and with their advice; green ones are counted, in most rooms."""
    green: dict[str, int] = {}
    red: list[Verdict] = []
    for verdict in rows:
        room = verdict.gate.partition("/")[0]
        if verdict.outcome != "pass":
            red.append(verdict)
        elif room in IN_FULL:
            _verdict(verdict)
        else:
            green[room] = green.get(room, 0) + 1
    for room, count in green.items():
        click.echo(f"{word('pass')}{room}: {count} {'gate' if count == 1 else 'gates'}")
    for verdict in sorted(red, key=lambda one: (one.stops, one.outcome == "fail")):
        _verdict(verdict)


def _verdict(verdict: Verdict) -> None:
    note = f" (waived by {verdict.waiver.owner} until {verdict.waiver.expires})" if verdict.waiver else ""
    if verdict.outcome != "pass" and not verdict.stops and not verdict.waiver:
        note = " (does not block)"
    click.echo(f"{word(verdict.outcome)}{visible(verdict.gate)}{note}: {visible(verdict.reason)}")
    if verdict.stops and verdict.advice:
        click.echo(f"{'':<13}  what to do: {verdict.advice}")


def signals(rows: Iterable[Signal]) -> None:
    """Show signals, one a line, with the findings of alarms."""
    for signal in rows:
        click.echo(f"{word(signal.state)}{visible(signal.monitor)}: {visible(signal.summary)}")
        if signal.state != "alarm":
            continue
        for finding in signal.findings:
            detail = f"; {visible(finding.detail)}" if finding.detail else ""
            click.echo(
                f"{'':<13}  {visible(finding.subject)}: {finding.measure} {finding.value:.3g}"
                f" (limit {finding.threshold:.3g}){detail}"
            )


def hand_on(name: str, value: object) -> None:
    """Give a value to the workflow's next steps, where there is a workflow."""
    if path := secret("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(f"{name}={' '.join(str(value).split())}\n")


def summarise(markdown: str) -> None:
    """Put Markdown on the page of the workflow's run, where there is a workflow."""
    if path := secret("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(markdown.rstrip() + "\n\n")


def skipped(why: str) -> None:
    """Say why there was nothing to do: a schedule that finds nothing is not red."""
    result("skipped", why)
    summarise(f"**Skipped.** {why}")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show rows under a header."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # Titles may come from outside, and would be read as markup.
        shown.add_row(*(Text(visible(str(cell))) for cell in row))
    Console(soft_wrap=True).print(shown)
