"""The verb of the load gate."""

from __future__ import annotations

import click

from trunkline.core.record import short

from . import output
from .options import named_bundle


@click.command()
@click.option(
    "--host",
    default="",
    help="Ask a service that runs already, as http://127.0.0.1:8080; its prediction log gets the made-up rows.",
)
@named_bundle
@click.pass_context
def load(ctx: click.Context, host: str, bundle: str) -> None:
    """Put load on the trained model's service, and judge how it bears it.

    Starts the service in a process of its own, trains before if need be, and lets locust ask what the project's
    locustfile says, as often as gates.load of the policy says. The verdicts go into the next report.
    """
    from trunkline.loop.gates import loading, runs

    project = output.project_of(ctx)
    run = loading.load(project, host=host, named=bundle, progress=output.progress)
    verdicts = runs.waived(project, run.verdicts)
    output.verdicts(verdicts)
    if run.bundle:
        output.result("bundle", short(run.bundle))
    runs.require_run(verdicts, lead="The load gates stop this model")
