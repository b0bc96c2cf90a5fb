"""How the command line shows progress, tables and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from trunkline.core.project import Project
from trunkline.core.records import Signal, Verdict

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


def progress(line: str) -> None:
    """Show one step of long work, on standard error, so that standard output stays for results."""
    click.echo(click.style("  · ", fg="cyan") + line, err=True)


def result(name: str, value: object) -> None:
    """Show one named result."""
    click.echo(click.style(f"{name + ':':<14} ", bold=True) + str(value))


def word(outcome: str) -> str:
    """Return an outcome in its colour, padded to one width."""
    return click.style(f"{outcome:<13}", fg=COLOURS.get(outcome), bold=True)


def verdicts(rows: Iterable[Verdict]) -> None:
    """Show verdicts, one a line, red ones with their advice."""
    for verdict in rows:
        note = f" (waived by {verdict.waiver.owner} until {verdict.waiver.expires})" if verdict.waiver else ""
        click.echo(f"{word(verdict.outcome)}{verdict.gate}{note}: {verdict.reason}")
        if verdict.stops and verdict.advice:
            click.echo(f"{'':<13}  what to do: {verdict.advice}")


def signals(rows: Iterable[Signal]) -> None:
    """Show signals, one a line, with the findings of alarms."""
    for signal in rows:
        click.echo(f"{word(signal.state)}{signal.kind}: {signal.summary}")
        if signal.state != "alarm":
            continue
        for finding in signal.findings:
            detail = f"; {finding.detail}" if finding.detail else ""
            click.echo(
                f"{'':<13}  {finding.subject}: {finding.measure} {finding.value:.3g}"
                f" (limit {finding.threshold:.3g}){detail}"
            )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show rows under a header."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # Titles may come from outside, and would be read as markup.
        shown.add_row(*(Text(str(cell)) for cell in row))
    Console(soft_wrap=True).print(shown)
