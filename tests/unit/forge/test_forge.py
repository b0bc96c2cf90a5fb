"""The public names of the forge."""

from __future__ import annotations

import inspect

import pytest

from trunkline import forge
from trunkline.forge.github import GitHubForge


def test_the_public_names_are_these() -> None:
    assert forge.__all__ == [
        "OWN_LABEL",
        "Comment",
        "Forge",
        "Issue",
        "LocalForge",
        "PullRequest",
        "Workflow",
        "open_forge",
    ]
    assert all(hasattr(forge, name) for name in forge.__all__)


@pytest.mark.parametrize("kind", [forge.LocalForge, GitHubForge])
def test_each_forge_takes_what_the_protocol_says(kind: type) -> None:
    for name, method in inspect.getmembers(forge.Forge, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(kind, name)) == inspect.signature(method), name
