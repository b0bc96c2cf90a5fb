"""How the command line shows the steps of long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import click

from trunkline.core.progress import SECONDS, Heartbeat

from .terminal import visible

_heartbeat: ContextVar[Heartbeat] = ContextVar("heartbeat")


def show(line: str) -> None:
    """Show one line of progress, on standard error, so that standard output stays for results."""
    click.echo(click.style("  · ", fg="cyan") + visible(line), err=True)


def progress(line: str) -> None:
    """Show one step of long work; inside `going_on` it is shown again until the next."""
    if beating := _heartbeat.get(None):
        beating.say(line)
    else:
        show(line)


@contextmanager
def going_on(verb: str) -> Iterator[None]:
    """Show a line at least every few seconds while the verb works."""
    with Heartbeat(show, f"trunkline {verb}", every=SECONDS) as beating:
        token = _heartbeat.set(beating)
        try:
            yield
        finally:
            _heartbeat.reset(token)
