"""Monitors, explained by `trunkline explain`."""

from __future__ import annotations

from collections.abc import Callable

import click

from trunkline.core.project import Project

Say = Callable[[str, str], None]


def explain_monitors(name: str, project: Project | None, *, say: Say) -> None:
    """Show one monitor with this project's settings, or all where `name` is empty."""
    from trunkline.monitoring import catalogue

    packages = project.packages if project else ()
    if name:
        click.echo(click.style(f"{catalogue.ROOM}/{name}", bold=True))
        click.echo(f"{catalogue.monitor_question(name, packages)}\n")
        policy = project.policy.monitoring if project else None
        for what, said in catalogue.monitor_facts(name, policy, packages):
            say(what, said)
        return
    names = catalogue.monitor_names(packages)
    width = max(map(len, names)) + 2
    click.echo(click.style("Monitors", bold=True))
    for each in names:
        click.echo(f"  {catalogue.ROOM}/{each:<{width}}{catalogue.monitor_question(each, packages)}")
