"""The public names of the forge."""

from __future__ import annotations

import inspect

from trunkline import forge


def test_the_public_names_are_these() -> None:
    assert forge.__all__ == ["Comment", "Forge", "Issue", "LocalForge", "PullRequest", "open_forge"]
    assert all(hasattr(forge, name) for name in forge.__all__)


def test_the_local_forge_takes_what_the_protocol_says() -> None:
    for name, method in inspect.getmembers(forge.Forge, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(forge.LocalForge, name)) == inspect.signature(method), name
