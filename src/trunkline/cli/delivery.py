"""The verbs of delivery: promote, plan, apply, deploy, serve, status, unit, stop."""

from __future__ import annotations

from pathlib import Path

import click

from trunkline.core.errors import TrunklineError
from trunkline.core.project import Project
from trunkline.core.record import short

from . import following, output


@click.command()
@click.option("--stage", type=click.Choice(["silent", "canary", "single", "back"]), required=True)
@click.option(
    "--version",
    "number",
    type=int,
    default=0,
    help="By default the challenger, else the newest version of main.",
)
@click.option("--image", default="", help="By digest, what carries it, where the target runs images.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=None,
    help="Of the users, for a canary; by default that of the ladder's next one.",
)
@click.pass_context
def promote(ctx: click.Context, stage: str, number: int, image: str, share: float | None) -> None:
    """Propose the next stage: silent, canary or single; or back, so that the champion answers alone again."""
    from trunkline.loop.rollout import promoting

    pull = promoting.propose_next_stage(
        output.project_of(ctx),
        stage,
        number=number,
        image=image,
        share=share or 0.0,
        progress=output.progress,
    )
    output.result("pull request", f"#{pull.number} {pull.title}")
    output.result("next", following.after_release(pull.number))


@click.command()
@click.argument("environment", default="")
@click.option("--change", is_flag=True, help="What merging this branch would change, in every environment.")
@click.option(
    "--to", "path", type=click.Path(path_type=Path), default=None, help="Keep it as Markdown, for a comment."
)
@click.pass_context
def plan(ctx: click.Context, environment: str, change: bool, path: Path | None) -> None:
    """Show what apply would do."""
    from trunkline.loop.rollout import deploying

    if change:
        _plan_change(ctx, path)
        return
    project = output.project_of(ctx)
    made = deploying.plan_deployment(project, output.environment_of(project, environment))
    click.echo(made.text())
    for line in deploying.notice_of(project, made, progress=output.progress):
        click.echo(line)
    output.result("checksum", made.checksum)


@click.command()
@click.argument("environment", default="")
@click.option("--checksum", required=True, help="The checksum of the plan that was reviewed.")
@click.pass_context
def apply(ctx: click.Context, environment: str, checksum: str) -> None:
    """Carry out the plan that was reviewed."""
    _apply(ctx, environment, checksum)


def _plan_change(ctx: click.Context, path: Path | None) -> None:
    from trunkline.core.record import write_atomically
    from trunkline.loop.rollout.proposed import describe_change

    text = describe_change(output.project_of(ctx), progress=output.progress)
    click.echo(text)
    markdown = f"## What merging this does\n\n```\n{text}\n```\n"
    output.summarise(markdown)
    if path is not None:
        write_atomically(path, markdown.encode())


@click.command()
@click.argument("environment", default="")
@click.option(
    "--scheduled",
    is_flag=True,
    help="In a workflow: an issue says what went wrong, and an environment out of reach is no error.",
)
@click.pass_context
def deploy(ctx: click.Context, environment: str, scheduled: bool) -> None:
    """Plan and apply in one step."""
    from trunkline.loop.changes import merged
    from trunkline.loop.rollout import deploying

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    made = None
    try:
        if scheduled and (why := deploying.out_of_reach(project, environment)):
            output.skipped(why)
            return
        if scheduled and merged.superseded(project, project.deployment(environment)):
            output.skipped(f"main desires something newer of {environment}, which a run of its own deploys.")
            return
        made = deploying.plan_deployment(project, environment)
        text = "\n".join([made.text(), *deploying.notice_of(project, made, progress=output.progress)])
        click.echo(text)
        output.summarise(f"```\n{text}\n```")
        _apply(ctx, environment, made.checksum)
    except TrunklineError as error:
        if scheduled and project.deployment(environment).is_file():
            _tell(project, environment, error)
        raise
    if scheduled:
        deploying.tell(project, environment, None)


def _tell(project: Project, environment: str, error: TrunklineError) -> None:
    """Keep an issue about what went wrong; that the forge does not answer must not hide it."""
    from trunkline.loop.rollout import deploying

    try:
        issue = deploying.tell(project, environment, error)
    except TrunklineError as silent:
        output.result("issue", f"none: {silent}")
    else:
        output.result("issue", f"#{issue.number}" if issue else "none")


def _apply(ctx: click.Context, environment: str, checksum: str) -> None:
    from trunkline.loop.rollout import deploying

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    done = deploying.apply_deployment(project, environment, reviewed=checksum, progress=output.progress)
    output.result(environment, done.detail if done.detail == "nothing to do" else done.outcome)
    if done.release is not None:
        output.result("address", deploying.target_of(project, environment).address())
    output.result("next", following.after_deploying(environment, done.outcome))


@click.command()
@click.option(
    "--bundle", default="", help="Digest (or its first digits); by default that of the checked-out code."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="By default that of the environment that releases go to; 0 takes a free one.",
)
@click.pass_context
def serve(ctx: click.Context, bundle: str, port: int | None) -> None:
    """Serve a bundle in the foreground, to try it before anything is released."""
    from trunkline.loop.model import preview

    preview.serve_in_foreground(output.project_of(ctx), bundle=bundle, port=port, progress=output.progress)


@click.command()
@click.argument("environment", default="")
@click.option(
    "--for",
    "public",
    type=click.Path(path_type=Path),
    default=None,
    help="A public key: print its line for authorized_keys, by which it may ask for this and nothing else.",
)
@click.pass_context
def status(ctx: click.Context, environment: str, public: Path | None) -> None:
    """Say who serves, and how it is."""
    from trunkline.loop.life.last_watch import last_signals
    from trunkline.loop.rollout import deploying
    from trunkline.measure.wording import percent

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if public is not None:
        from trunkline.loop.rollout.unit import line_of_key

        click.echo(line_of_key(project, environment, public))
        return
    target = deploying.target_of(project, environment)
    release, health = target.observe(), target.check()
    output.result("environment", environment)
    output.result("health", health.text)
    if release is None:
        return
    output.result("address", target.address())
    for line in deploying.before_it(project, environment):
        output.result("before it", line)
    output.result("strategy", release.strategy)
    output.result("champion", f"version {release.champion.version} ({short(release.champion.bundle)})")
    if release.challenger:
        share = f", {percent(release.share)} of users" if release.strategy == "canary" else ""
        output.result(
            "challenger", f"version {release.challenger.version} ({short(release.challenger.bundle)}){share}"
        )
    output.result("revision", release.revision[:12])
    if release.image:
        output.result("image", release.image)
    if off := deploying.switched_off(project, environment, deploying.desired_release(project, environment)):
        output.result("kill switch", deploying.switch_words(off))
    log = project.policy.serving.log
    kept = f"kept for {log.keep_days} days" if log.keep_days else "kept for good"
    output.result("prediction log", f"{log.store or 'on the machine that serves'}; {kept}")
    if health.process is not None:
        nobody = f"nobody: `trunkline unit {environment}` prints a systemd unit that starts it after a reboot"
        output.result("kept running by", "systemd" if health.process.supervised else nobody)
    output.signals(last_signals(project, environment))


@click.command()
@click.argument("environment", default="")
@click.option(
    "--system", is_flag=True, help="For the machine's systemd (root installs it): stricter than a user's."
)
@click.option("--to", "path", type=click.Path(path_type=Path), default=None, help="Write it there.")
@click.pass_context
def unit(ctx: click.Context, environment: str, system: bool, path: Path | None) -> None:
    """Print the systemd unit that starts an environment's service after a reboot or a crash.

    By default it is for your own systemd (`systemctl --user`). Its first lines say how to turn it on.
    """
    from trunkline.core.record import write_atomically
    from trunkline.loop.rollout.unit import unit_of

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    made = unit_of(project, environment)
    text = made.text(system=system)
    if path is None:
        click.echo(text, nl=False)
        return
    path = path / f"{made.name}.service" if path.is_dir() else path
    write_atomically(path, text.encode())
    output.result("unit", f"{path}; its first lines say how to turn it on")


@click.command()
@click.argument("environment", default="")
@click.pass_context
def stop(ctx: click.Context, environment: str) -> None:
    """Stop an environment's service; its desired state stays, and deploy starts it again."""
    from trunkline.loop.rollout import deploying

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    stopped = deploying.stop(project, environment)
    output.result(environment, "stopped" if stopped else "was not running")
