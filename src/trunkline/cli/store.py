"""The verbs of the store that travels (pull, push, status), and what brings named bundles from wherever they are."""

from __future__ import annotations

import click

from trunkline.core.project import Project

from . import output


@click.command()
@click.pass_context
def bring(ctx: click.Context) -> None:
    """Bring the bundles that this commit names to this machine.

    Those of the champion, of the challenger, and of its own training key. A workflow does it in a step of its own:
    the steps that run a model then need no token.
    """
    project = output.project_of(ctx)
    from trunkline.core.record import short
    from trunkline.loop.versions import bringing

    for name, digest in bringing.bring_named(project, progress=output.progress):
        output.result(name, short(digest))


@click.group()
def store() -> None:
    """Bring, carry or compare the store that travels in a git ref."""


@store.command()
@click.option("--replace", is_flag=True, help="Give up versions that only this machine has.")
@click.pass_context
def pull(ctx: click.Context, replace: bool) -> None:
    """Bring the carried store to this machine."""
    project = _travelling(ctx)
    from trunkline.loop.versions import store as carried_store

    commit, versions = carried_store.pull(project, replace=replace)
    output.result("store", f"{commit[:12]}, {_count(versions)}" if commit else "the ref holds none yet")


@store.command()
@click.option("--replace", is_flag=True, help="Put this machine's store in the place of the ref's.")
@click.pass_context
def push(ctx: click.Context, replace: bool) -> None:
    """Carry this machine's store to the ref."""
    project = _travelling(ctx)
    from trunkline.loop.versions import store as carried_store

    commit, versions = carried_store.push(project, replace=replace, progress=output.progress)
    output.result("store", f"{commit[:12]}, {_count(versions)}" if commit else "there is none here yet")


@store.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Compare the carried store with the one on this machine."""
    project = _travelling(ctx)
    from trunkline.loop.versions import store as carried_store
    from trunkline.registry import REF, named

    found = carried_store.store_of(project).status()
    size = (
        f"{found.commit[:12]}, {found.files} files, {found.megabytes:.1f} MB" if found.commit else "none yet"
    )
    output.result(REF.removeprefix("refs/"), size)
    output.result("there", named(found.there) or "no version")
    output.result("here", named(found.here) or "no version")
    if found.missing:
        output.result("not here", f"{named(found.missing)}: trunkline store pull")
    if found.own:
        output.result("not there", f"{named(found.own)}: trunkline store push")


def _travelling(ctx: click.Context) -> Project:
    """Return the project; raise PolicyError where its store does not travel."""
    project = output.project_of(ctx)
    from trunkline.core.errors import PolicyError
    from trunkline.loop.versions import store as carried_store

    if not carried_store.carried(project):
        raise PolicyError(
            "The store of this project does not travel: it is a server, or the forge is a folder on this machine.",
            next_step="set registry.carry: always in trunkline.yaml, and no registry.uri or MLFLOW_TRACKING_URI",
        )
    return project


def _count(versions: int) -> str:
    return f"{versions} {'version' if versions == 1 else 'versions'}"
