"""The verbs of a model change: check, snapshot, train, evaluate, judge, example, card, schema."""

from __future__ import annotations

import json
import shlex

import click

from trunkline.core.record import short

from . import following, output


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the policy and the four files that you edit, on some rows of yours.

    Loads the rows, fits every candidate on a few of them, and asks it once: seconds, and no search.
    """
    from trunkline.inputs import input_of
    from trunkline.loop.model import trying

    project = output.project_of(ctx)
    tried = trying.try_out(project, progress=output.progress)
    contract = tried.contract
    output.result("policy", "trunkline.yaml is in order")
    output.result("contract", f"{contract.name}, {contract.task}: {len(contract.columns)} columns")
    output.table(
        ("column", "role", "must be"),
        (
            (
                column.name,
                column.role.value + (", protected" if column.protected else ""),
                input_of(column).rule(),
            )
            for column in contract.columns
        ),
    )
    if tried.unchecked:
        output.result("data alone", f"the service does not check {'; '.join(tried.unchecked)}")
    output.result("rows", f"{tried.taken:,} of {tried.loaded:,} lie in the window")
    for one in tried.candidates:
        settings = "1 setting" if one.settings == 1 else f"{one.settings} settings"
        output.result(one.candidate, f"{settings} fitted on a few rows, would run as {one.runtime}")
    output.result("next", "make train" if project.data_lock.is_file() else "make snapshot")


@click.command()
@click.pass_context
def snapshot(ctx: click.Context) -> None:
    """Take the rows of the policy's window and lock them in data.lock.

    Commit data.lock: it says which rows a commit trains on.
    """
    from trunkline.loop.model import snapshots

    project = output.project_of(ctx)
    taken = snapshots.snapshot(project, progress=output.progress)
    output.result("snapshot", short(taken.digest))
    output.result("rows", ", ".join(f"{part} {count}" for part, count in taken.manifest.rows.items()))
    output.result("locked in", project.data_lock.name)
    output.result("next", following.SNAPSHOT)


@click.command()
@click.option(
    "--again", is_flag=True, help="Train even if the training key is known, and compare the bundles."
)
@click.pass_context
def train(ctx: click.Context, again: bool) -> None:
    """Train on the locked snapshot, or reuse what the same key gave."""
    from trunkline.loop.model import training

    bundle, trained, fresh = training.train(output.project_of(ctx), again=again, progress=output.progress)
    output.hand_on("bundle", bundle.digest)
    lineage = bundle.manifest.lineage
    output.result(
        "bundle", short(bundle.digest) + ("" if fresh else " (reused: the training key is unchanged)")
    )
    output.result("candidate", f"{lineage.candidate} {json.dumps(lineage.settings)}")
    output.result(
        "runtime",
        bundle.manifest.runtime
        + (f" ({trained.reason})" if trained.reason else ", the same answers as scikit-learn"),
    )
    output.result("training key", short(trained.key))
    for figure in bundle.manifest.figures:
        if not figure.group:
            click.echo("  " + output.figure(figure))
    output.result("next", following.TRAIN)


@click.command()
@click.pass_context
def evaluate(ctx: click.Context) -> None:
    """Ask every gate about the trained bundle."""
    from trunkline.loop.gates import judging
    from trunkline.loop.model import training

    project = output.project_of(ctx)
    bundle, _, _ = training.train(project, progress=output.progress)
    judged = judging.judge(project, bundle, progress=output.progress)
    output.verdicts(judged.evaluation.verdicts)
    output.result("report", judged.page)
    output.summarise(judged.markdown.read_text(encoding="utf-8"))
    judging.require_pass(judged)
    output.result("next", following.after_gates(judged.page))


@click.command()
@click.option("--title", default="", help="Title of the pull request; the last commit's subject by default.")
@click.pass_context
def judge(ctx: click.Context, title: str) -> None:
    """Train and evaluate; report on the pull request of this branch.

    Pushes the branch, opens its pull request if there is none, and keeps one comment with the gates' answers.
    """
    from trunkline.loop.gates import judging, reviewing

    reviewed = reviewing.review(output.project_of(ctx), title=title, progress=output.progress)
    output.verdicts(reviewed.judged.evaluation.verdicts)
    output.result("pull request", f"#{reviewed.pull_request.number} {reviewed.pull_request.title}")
    output.result("report", reviewed.judged.page)
    judging.require_pass(reviewed.judged)
    output.result("next", following.after_change(reviewed.pull_request.number))


@click.command()
@click.option(
    "--address", default="", help="The service to ask; by default the one that `trunkline serve` starts."
)
@click.pass_context
def example(ctx: click.Context, address: str) -> None:
    """Print a command that asks a service for one answer.

    The row in it is the first test row of the locked rows; before `trunkline snapshot`, one that the contract allows.
    """
    from trunkline.core.keys import KEY_OF
    from trunkline.core.policy.access import OPEN
    from trunkline.loop.model import examples, preview

    project = output.project_of(ctx)
    row = examples.example_request(project, progress=output.progress)
    where = address.rstrip("/") or f"http://127.0.0.1:{preview.port_of(project)}"
    # A proxy of the machine's cannot reach the machine itself.
    words = ("curl", "--silent", "--show-error", *(() if address else ("--noproxy", "127.0.0.1")))
    words += (f"{where}/predict", "--header", "Content-Type: application/json")
    command = shlex.join((*words, "--data", json.dumps(row, ensure_ascii=False)))
    if not address and project.policy.serving.access != OPEN:
        output.progress(
            "this asks the preview that `trunkline serve` starts: over http, and without a key; "
            "`trunkline example --address https://…` asks a deployed service"
        )
    # The preview asks nobody; the key itself stays in its variable.
    keyed = address and project.policy.serving.access.callers in ("keys", "jwt")
    click.echo(command + f' --header "Authorization: Bearer ${KEY_OF["predict"]}"' * bool(keyed))


@click.command()
@click.argument("number", type=int)
@click.pass_context
def card(ctx: click.Context, number: int) -> None:
    """Print the model card of a version."""
    from trunkline.loop.release import cards

    click.echo(cards.card_text(output.project_of(ctx), number), nl=False)


@click.command()
def schema() -> None:
    """Print the JSON Schema of trunkline.yaml, for editors."""
    from trunkline.core.policy.policy import policy_schema

    click.echo(json.dumps(policy_schema(), indent=2))
