"""Every forge is the same forge."""

from __future__ import annotations

import inspect

import pytest

from trunkline import forge
from trunkline.forge.github import GitHubForge


@pytest.mark.parametrize("kind", [forge.LocalForge, GitHubForge])
def test_each_forge_takes_what_the_protocol_says(kind: type) -> None:
    for name, method in inspect.getmembers(forge.Forge, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(kind, name)) == inspect.signature(method), name
