"""The verb of keys: made, listed and revoked where the service reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast, get_args

import click

from trunkline.core.keys import Scope

from . import output

ENVIRONMENT = click.option("--environment", default="", metavar="NAME", help="Whose service they open.")


@click.group()
def key() -> None:
    """Make, list or revoke the keys of callers; a service, also in a container, takes them within a second."""


@key.command()
@ENVIRONMENT
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(get_args(Scope)),
    help="What it opens; may be given several times.",
)
@click.option(
    "--days", type=click.IntRange(1, 36_500), help="How long it opens it; without, until it is revoked."
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second, on average.")
@click.option("--burst", type=click.IntRange(min=1), help="Requests at once.")
@click.option("--largest-body", type=click.IntRange(1, 1_000_000), help="Bytes of one request's body.")
@click.option("--note", default="", help="Whose it is, as `key list` shows it.")
@click.pass_context
def new(
    ctx: click.Context,
    environment: str,
    scopes: tuple[str, ...],
    days: int | None,
    rate: float | None,
    burst: int | None,
    largest_body: int | None,
    note: str,
) -> None:
    """Make a key and print it once: only its hash is kept."""
    from trunkline.core.keys import add_key, new_key
    from trunkline.loop.rollout.keys import keys_of

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    given = {"rate": rate, "burst": burst, "largest_body": largest_body}
    own = {name: value for name, value in given.items() if value is not None}
    limits = project.policy.serving.access.limits.model_copy(update=own) if own else None
    now = datetime.now(UTC)
    made, text = new_key(
        cast("tuple[Scope, ...]", tuple(dict.fromkeys(scopes))),
        now,
        expires=now + timedelta(days=days) if days else None,
        limits=limits,
        note=" ".join(note.split()),
    )
    with keys_of(project, environment, progress=output.progress) as file:
        add_key(file, made)
    output.result("id", made.id)
    output.result("key", text)
    output.result("next", "keep it where secrets are kept: it is shown this once")


@key.command(name="list")
@ENVIRONMENT
@click.pass_context
def show(ctx: click.Context, environment: str) -> None:
    """Show what is known of the keys of an environment."""
    from trunkline.core.keys import read_keys
    from trunkline.loop.rollout.keys import keys_of

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    now = datetime.now(UTC)
    with keys_of(project, environment, progress=output.progress) as file:
        known = read_keys(file)
    for one in known:
        until = f"until {one.expires:%Y-%m-%d}" if one.expires else "until it is revoked"
        limits = f"{one.limits.rate:,.10g}/s, {one.limits.burst:,} at once" if one.limits else ""
        words = [
            ", ".join(one.scopes),
            f"made {one.made:%Y-%m-%d}",
            "expired" if one.expired(now) else until,
            *filter(None, (limits, one.note)),
        ]
        output.result(one.id, "; ".join(words))
    if not known:
        output.result("keys", f"none in {environment}: trunkline key new --scope predict makes one")


@key.command()
@click.argument("identity", metavar="ID")
@ENVIRONMENT
@click.pass_context
def revoke(ctx: click.Context, identity: str, environment: str) -> None:
    """Take a key back, by its id."""
    from trunkline.core.keys import revoke_key
    from trunkline.loop.rollout.keys import keys_of

    project = output.project_of(ctx)
    with keys_of(project, output.environment_of(project, environment)) as file:
        gone = revoke_key(file, identity)
    output.result("revoked", f"{gone.id}: {', '.join(gone.scopes)} {gone.note}".rstrip())
