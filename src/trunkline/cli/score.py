"""The verb of batch scoring."""

from __future__ import annotations

import click

from trunkline.core.errors import StorageError

from . import output


@click.command()
@click.argument("source", metavar="[IN", default="")
@click.argument("target", metavar="OUT]", default="")
@click.option(
    "--environment", default="", help="Whose model answers; by default the one that releases go to."
)
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="Copy it to the answers; may be given several times."
)
@click.option("--leave-out", multiple=True, metavar="COLUMN", help="Neither read nor copy it; likewise.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, help="That score at the same time, here."
)
@click.option(
    "--compute", default="", help="A Dask scheduler whose workers score; by default training.compute."
)
@click.option("--replace", is_flag=True, help="Replace an output that is there already.")
@click.option("--restart", is_flag=True, help="Begin an unfinished run of this output anew.")
@click.option("--scheduled", is_flag=True, help="In a workflow: nothing to do is no error.")
@click.pass_context
def score(
    ctx: click.Context,
    source: str,
    target: str,
    environment: str,
    keep: tuple[str, ...],
    leave_out: tuple[str, ...],
    processes: int,
    compute: str,
    replace: bool,
    restart: bool,
    scheduled: bool,
) -> None:
    """Answer the rows of a file or a folder, as the service would, and write the answers to another file.

    IN and OUT are .parquet, .csv or .jsonl: paths, or s3://bucket/file (gs, az). Without them the policy's section
    `scoring` counts. A run that was killed goes on where it was, by the same command. Every answer is logged; rows
    that break the contract go to OUT.rejects.jsonl.
    """
    from trunkline.loop.life import scoring

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    if scheduled and not (project.policy.scoring.input and project.policy.scoring.output):
        output.skipped("trunkline.yaml names no scoring.input and scoring.output.")
        return
    asked = scoring.Asked(
        source,
        target,
        keep,
        leave_out,
        compute=compute,
        processes=processes,
        replace=replace,
        restart=restart,
    )
    done = scoring.score(project, environment, asked, progress=output.progress)
    if done is None and scheduled:
        output.skipped("The output is there already.")
        return
    if done is None:
        raise StorageError(
            "The output is there already.",
            value=target or None,
            next_step="name another file, or add --replace",
        )
    output.result("model", f"version {done.release.champion.version}, as {environment} serves it")
    output.result("rows", f"{done.answered:,} answered, {done.rejected:,} rejected")
    output.result("output", done.target)
    if done.rejects:
        output.result("rejected rows", f"{done.rejects} says why")
