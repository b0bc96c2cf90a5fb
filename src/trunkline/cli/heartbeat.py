"""The verb that notices when schedules have stopped."""

from __future__ import annotations

import click

from . import output


@click.command()
@click.pass_context
def heartbeat(ctx: click.Context) -> None:
    """Switch scheduled workflows on again that were stopped, and keep an issue while they do not run."""
    from trunkline.loop.life import heartbeat as beating

    lines = beating.heartbeat(output.project_of(ctx), progress=output.progress)
    for line in lines:
        output.result("heartbeat", line)
    output.summarise("\n".join(f"- {line}" for line in lines))
