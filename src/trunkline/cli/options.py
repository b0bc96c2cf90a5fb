"""Options that several verbs have."""

from __future__ import annotations

import click

named_bundle = click.option(
    "--bundle",
    "bundle",
    default="",
    envvar="BUNDLE",
    help="Digest that an earlier step named; another bundle is refused.",
)
