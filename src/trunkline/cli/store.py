"""The verbs of the registry: what main names is brought, compared, shown in MLflow, converted or expired."""

from __future__ import annotations

import click

from . import output


@click.command()
@click.option(
    "--rows", is_flag=True, help="The rows that data.lock names instead: the step that needs their secret."
)
@click.pass_context
def bring(ctx: click.Context, rows: bool) -> None:
    """Bring the bundles that this commit names to this machine.

    Those of the champion, of the challenger, and of its own training key. A workflow does it in a step of its own:
    the steps that run a model then need no token.
    """
    project = output.project_of(ctx)
    from trunkline.core.record import short
    from trunkline.loop.versions import bringing

    if rows:
        from trunkline.loop.model import snapshots

        output.result("rows", short(snapshots.locked_snapshot(project, progress=output.progress).digest))
        return
    for name, digest in bringing.bring_named(project, progress=output.progress):
        output.result(name, short(digest))


@click.group()
def store() -> None:
    """Compare the registry with what main names, and keep the two in step."""


@store.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say which bundles main needs, which of them are missing, and which nobody names."""
    project = output.project_of(ctx)
    from trunkline.core.errors import BundleError
    from trunkline.core.record import short
    from trunkline.loop.versions import bundles
    from trunkline.loop.versions import store as registered

    found = registered.status(project)
    output.result("registry", bundles.registry_kind(project))
    output.result("there", _versions(found.needed) or "no bundle that main needs")
    if found.unnamed:
        output.result("not named", ", ".join(sorted(map(short, found.unnamed))))
    if found.missing:
        raise BundleError(
            "The registry lacks bundles that main needs.",
            value=_versions(found.missing),
            next_step="`trunkline store convert` on a machine that has them, or where an older Trunkline kept them",
        )


@store.command(name="bring")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show the versions that main names in the embedded MLflow of this machine as well."""
    project = output.project_of(ctx)
    from trunkline.loop.versions import store as registered

    brought = registered.bring(project, progress=output.progress)
    output.result("in MLflow", ", ".join(brought) or "nothing: main names no version yet")


@store.command()
@click.pass_context
def convert(ctx: click.Context) -> None:
    """Bring what main or this commit names into the registry, from this machine or an older Trunkline's store."""
    project = output.project_of(ctx)
    from trunkline.loop.versions import store as registered

    came = registered.convert(project, progress=output.progress)
    output.result("registered", ", ".join(came) or "nothing: main names no version whose bundle could be had")
    output.result("next", "trunkline store status")


@store.command()
@click.option("--apply", "checksum", default="", help="Remove what the plan of this checksum names.")
@click.pass_context
def expire(ctx: click.Context, checksum: str) -> None:
    """Plan, or with --apply carry out, the removal of bundles that nobody needs any more.

    `registry.keep` and `registry.keep_days` in trunkline.yaml say what is needed.
    """
    project = output.project_of(ctx)
    from trunkline.loop.versions import store as registered

    plan = registered.expire(project, checksum) if checksum else registered.expiry(project)
    output.result("removed" if checksum else "to remove", _named(plan.bundles) or "nothing")
    if plan.bundles and not checksum:
        output.result("next", f"trunkline store expire --apply {plan.checksum}")


def _versions(bundles: dict[str, int]) -> str:
    return _named({digest: f"version {number}" for digest, number in bundles.items()})


def _named(bundles: dict[str, str]) -> str:
    from trunkline.core.record import short

    return "; ".join(f"{name} ({short(digest)})" for digest, name in bundles.items())
