"""The verb `deepchecks`."""

from __future__ import annotations

import click

from trunkline.core.record import short

from . import output
from .options import named_bundle


@click.command()
@click.option("--again", is_flag=True, help="Ask even if this bundle was asked under the same policy.")
@named_bundle
@click.pass_context
def deepchecks(ctx: click.Context, again: bool, bundle: str) -> None:
    """Run deepchecks' suites on the trained bundle, in their own environment.

    What they say counts among the gates the next time the bundle is evaluated; so red answers do not fail this verb.
    """
    project = output.project_of(ctx)
    if not project.policy.gates.deepchecks.suites:
        output.skipped("gates.deepchecks.suites in trunkline.yaml names no suite.")
        return
    from trunkline.loop.gates import deepchecking

    run = deepchecking.deepcheck(project, again=again, named=bundle, progress=output.progress)
    output.verdicts(run.verdicts)
    output.result("bundle", short(run.bundle))
    output.result("reports", deepchecking.report_folder(project, run.bundle))
