"""The verb of foundations: what an environment stands on in a cloud, planned, made, taken away."""

from __future__ import annotations

import click

from . import output

ENVIRONMENT = click.argument("environment", default="")


@click.group()
def infra() -> None:
    """Plan, make or take away what an environment stands on in a cloud; by a person, with their own credentials."""


@infra.command()
@ENVIRONMENT
@click.pass_context
def plan(ctx: click.Context, environment: str) -> None:
    """Show what CloudFormation would change, and what a month costs."""
    from trunkline.loop.rollout import founding

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    made = founding.foundation_of(project, environment).plan()
    click.echo(made.text())
    output.result("costs", founding.costs_of(project, environment))
    output.result("checksum", made.checksum)


@infra.command()
@ENVIRONMENT
@click.option("--checksum", required=True, help="The checksum of the plan that was reviewed.")
@click.pass_context
def apply(ctx: click.Context, environment: str, checksum: str) -> None:
    """Carry out the plan that was reviewed, and say what to set on GitHub."""
    from trunkline.loop.rollout import founding

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    foundation = founding.foundation_of(project, environment)
    made = foundation.apply(checksum, progress=output.progress)
    for reason, step in founding.next_steps(environment, made, foundation.account.region):
        output.result(reason, step)


@infra.command()
@ENVIRONMENT
@click.option("--yes", is_flag=True, help="Do it; without, it only says what would be deleted.")
@click.pass_context
def destroy(ctx: click.Context, environment: str, yes: bool) -> None:
    """Delete it, except for the prediction log, the images and GitHub's way in."""
    from trunkline.loop.rollout import founding

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if not yes:
        output.result("stack", founding.foundation_of(project, environment).stack)
        output.result("next", f"trunkline infra destroy {environment} --yes")
        return
    for kept in founding.destroy(project, environment, progress=output.progress):
        output.result("stays", kept)
