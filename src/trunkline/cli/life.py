"""The verbs of life in production: send, truth, forget, monitor, respond, retrain, trace, page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from . import following, output

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--to", "environment", default="", help="The environment to send to.")
@click.option(
    "--outcomes",
    type=click.Path(path_type=Path),
    default=None,
    help="Where to keep the rows' outcomes, for `trunkline truth` later.",
)
@click.pass_context
def send(ctx: click.Context, file: Path, environment: str, outcomes: Path | None) -> None:
    """Send the rows of a file (.csv or .jsonl) to a service as requests, outcome left out."""
    from trunkline.core.line_log import append
    from trunkline.loop.life import traffic
    from trunkline.loop.rollout import credentials, deploying

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    contract = deploying.serving_contract(project, environment)
    rows = traffic.read_rows(file, contract, outcomes=outcomes is not None, progress=output.progress)
    address = deploying.target_of(project, environment).address()
    given = credentials.credentials(project, environment, "predict")
    sent = traffic.send(rows, contract, address, credentials=given, progress=output.progress)
    output.result("requests", f"{sent.answered} answered, {sent.refused} refused, {sent.failed} failed")
    if outcomes is not None:
        append(outcomes, sent.truths)
        output.result("outcomes", f"{len(sent.truths)} kept in {outcomes}")
    for problem in sent.problems:
        output.result("no answer", problem)
    ctx.exit(0 if sent.answered and not sent.failed else 30 if sent.failed else 12)


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--environment", default="")
@click.option(
    "--withdraw",
    "withdrawn",
    multiple=True,
    metavar="ID",
    help="Take back what was recorded of this answer; may be given several times.",
)
@click.option("--known-only", is_flag=True, help="Leave out records of answers that the log does not hold.")
@click.pass_context
def truth(
    ctx: click.Context, file: Path | None, environment: str, withdrawn: tuple[str, ...], known_only: bool
) -> None:
    """Record what really happened, from a file of ground-truth records (.jsonl), or take records back."""
    from trunkline.loop.life import truth as telling
    from trunkline.loop.rollout import deploying
    from trunkline.loop.rollout.assigned import require_log
    from trunkline.predictions.opening import open_log, open_truth, tell_truth

    if (file is None) == (not withdrawn):
        raise click.UsageError("give a file of records, or --withdraw with the id of an answer")
    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if file is None:
        back = telling.withdrawals(open_truth(project, environment), withdrawn)
        tell_truth(project, environment, back)
        output.result("ground truth", f"{len(back)} outcomes taken back in {environment}")
        return
    truths = telling.read_truths(file, deploying.serving_contract(project, environment))
    require_log(project, environment)
    truths, unknown = telling.known(truths, open_log(project, environment), leave_out=known_only)
    tell_truth(project, environment, truths)
    output.result("ground truth", f"{len(truths)} outcomes recorded for {environment}")
    if unknown:
        output.result("left out", f"{unknown} records of answers that the prediction log does not hold")


@click.command()
@click.argument("user")
@click.option(
    "--environment", default="", metavar="NAME", help="Whose log; there is no need where there is one."
)
@click.option("--apply", "really", is_flag=True, help="Do it; without, only what would be done is said.")
@click.pass_context
def forget(ctx: click.Context, user: str, environment: str, really: bool) -> None:
    """Take a user's answers out of the prediction log and the ground truth, by the key that requests carry."""
    from trunkline.loop.life import forgetting

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    trace = forgetting.look_for(project, environment, user)
    output.result("answers", f"{len(trace.answers)} in the log of {environment}")
    for digest in trace.snapshots:
        output.result("snapshot", f"{digest} holds rows of this user")
    for number, digest in trace.bundles:
        output.result("bundle", f"{digest} learned from them" + (f": version {number}" if number else ""))
    if really:
        gone = forgetting.forget(project, environment, trace)
        output.result("forgotten", f"{len(gone)} answers and their ground truth")
        if not project.predictions(environment).is_dir():
            output.result(
                "again", "in two hours: what the service has not shipped as a whole segment comes back"
            )
    elif trace.answers:
        output.result("next", "the same with --apply; it cannot be undone")


@click.command()
@click.argument("environment", default="")
@click.option("--respond", "also", is_flag=True, help="Do what the policy says about the signals.")
@click.option(
    "--scheduled", is_flag=True, help="Nothing to look at on this machine, or gates that say no, is no error."
)
@click.pass_context
def monitor(ctx: click.Context, environment: str, also: bool, scheduled: bool) -> None:
    """Look at performance, data, infrastructure and logs."""
    from trunkline.loop.life import watching
    from trunkline.loop.rollout import drifting
    from trunkline.loop.rollout.assigned import nothing_to_see

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if scheduled and (why := nothing_to_see(project, environment)):
        output.skipped(why)
        return
    broken = 0
    try:
        signals = watching.watch(project, environment, progress=output.progress)
        output.signals(signals)
        broken = next((signal.exit_code for signal in signals if signal.exit_code), 0)
        if also:
            broken = _respond(ctx, environment, scheduled=scheduled) or broken
        else:
            output.result("next", following.after_watching(signals, environment))
    finally:
        # Also where nothing can be seen: a service that is gone hands out no log.
        if also and (told := drifting.look_for_drift(project, environment, datetime.now(UTC))):
            output.result("drift", told)
    ctx.exit(broken)


@click.command()
@click.argument("environment", default="")
@click.pass_context
def respond(ctx: click.Context, environment: str) -> None:
    """Do what the policy says about the newest signals."""
    ctx.exit(_respond(ctx, environment))


def _respond(ctx: click.Context, environment: str, *, scheduled: bool = False) -> int:
    from trunkline.loop.life import watching
    from trunkline.loop.life.last_watch import require_signals

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    signals = require_signals(project, environment)
    responded = watching.respond(project, environment, signals, progress=output.progress)
    for done in responded.done:
        output.result("response", f"{done.response.action}: {done.outcome}, {done.detail}")
    if responded.retraining is not None:
        output.result("retraining", f"#{responded.retraining.number} {responded.retraining.title}")
    if responded.refused is not None:
        output.result("retraining", f"came to nothing: {responded.refused}")
    if not responded.done:
        output.result("response", "nothing to do")
    return responded.broken if scheduled else responded.exit_code


@click.command()
@click.argument("environment", default="")
@click.option("--reason", default="asked for by hand", help="Goes into the pull request; one line.")
@click.option(
    "--scheduled", is_flag=True, help="Nothing to follow or to learn, or gates that say no, is no error."
)
@click.pass_context
def retrain(ctx: click.Context, environment: str, reason: str, scheduled: bool) -> None:
    """Train on the newest labelled rows and propose the new version."""
    from trunkline.loop.life import handover, refusals

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if scheduled and (why := handover.nothing_to_follow(project, environment)):
        output.skipped(why)
        return
    made: list[str] = []
    try:
        pull = handover.retrain_and_tell(
            project,
            environment,
            reason=reason,
            progress=output.progress,
            told=lambda judged: made.append(judged.bundle.digest),
        )
    except refusals.ANSWERS as error:
        if not scheduled:
            raise
        # A schedule is red when the tool broke, and that it did not: the gates, or the rows, gave their answer.
        output.result("retraining", f"came to nothing: {error}")
        output.summarise(f"**The retraining came to nothing.** {error}")
        return
    output.result("pull request", f"#{pull.number} {pull.title}")
    output.result("next", following.after_release(pull.number))
    output.summarise(f"Retrained: #{pull.number} {pull.title}")
    output.hand_on("bundle", made[-1])
    output.hand_on("sign", str(bool(project.policy.signatures.keys)).lower())


@click.command()
@click.argument("prediction")
@click.pass_context
def trace(ctx: click.Context, prediction: str) -> None:
    """Walk a prediction back to its model, data and commit."""
    from trunkline.loop.life import tracing

    for step in tracing.trace(output.project_of(ctx), prediction):
        output.result(step.name, f"{step.identity}  {step.detail}".rstrip())


@click.command()
@click.option(
    "--output", "path", type=click.Path(path_type=Path), default=None, help="By default .trunkline/page.html."
)
@click.option("--environment", default="")
@click.pass_context
def page(ctx: click.Context, path: Path | None, environment: str) -> None:
    """Write the project's history as one self-contained page."""
    from trunkline.loop.life import page as pages

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    written = pages.write_page(project, environment, path or project.work / "page.html")
    output.result("page", written)
