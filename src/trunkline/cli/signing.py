"""The verbs of signatures: sign, verify."""

from __future__ import annotations

import click

from . import output


@click.command()
@click.option("--bundle", default="", envvar="BUNDLE", help="Its whole digest, sha256: included.")
@click.option("--image", default="", envvar="IMAGE", help="By digest: <registry>/<name>@sha256:<64 digits>.")
@click.pass_context
def sign(ctx: click.Context, bundle: str, image: str) -> None:
    """Sign a bundle and an image by their digests, with the private key in TRUNKLINE_SIGNING_KEY."""
    from trunkline.loop.versions import signatures

    signatures.sign(output.project_of(ctx), bundle=bundle, image=image, progress=output.progress)
    for name, value in (("bundle", bundle), ("image", image)):
        if value:
            output.result(f"signed {name}", value)


@click.command()
@click.argument("environment", default="")
@click.pass_context
def verify(ctx: click.Context, environment: str) -> None:
    """Say who signed what an environment desires, and whether apply would take it."""
    from trunkline.loop.rollout import deploying
    from trunkline.loop.versions import signatures

    project = output.project_of(ctx)
    environment = output.environment_of(project, environment)
    desired = deploying.desired_release(project, environment)
    found = signatures.signatures(project, desired, served=None)
    for one in found:
        output.result("signed" if one.by else "not signed", one.words)
    if not found:
        why = "nothing is desired" if desired is None else "main names no key (signatures.keys)"
        output.result("signed", f"nothing to verify: {why}")
    signatures.require_signed(project, desired, served=None)
