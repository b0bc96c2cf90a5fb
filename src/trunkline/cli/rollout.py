"""The verb that judges a rollout's stage on live traffic."""

from __future__ import annotations

import click

from . import following, output


@click.command()
@click.argument("environment", default="")
@click.option("--scheduled", is_flag=True, help="Nothing to judge on this machine is no error.")
@click.pass_context
def rollout(ctx: click.Context, environment: str, scheduled: bool) -> None:
    """Judge the challenger on live traffic; propose the next stage, or the way back.

    Exit code 0 whatever the judgement is: to wait or to go back is an answer.
    """
    from trunkline.loop.rollout import advancing
    from trunkline.loop.rollout.assigned import nothing_to_see

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if scheduled and (why := nothing_to_see(project, environment)):
        output.skipped(why)
        return
    advanced = advancing.advance(project, environment, progress=output.progress)
    if advanced.advice is not None:
        output.verdicts(advanced.advice.verdicts)
    output.result("rollout", advanced.said)
    if advanced.pull_request is not None:
        output.result("pull request", f"#{advanced.pull_request.number} {advanced.pull_request.title}")
        output.result("next", following.after_release(advanced.pull_request.number))
    output.summarise(advanced.said)
