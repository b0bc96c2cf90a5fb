"""A forge without workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError
from trunkline.forge.no_workflows import NoWorkflows


def test_whoever_asks_does_the_work_itself() -> None:
    assert not NoWorkflows().start("ci.yml", branch="main", inputs={"reason": "drift"})
    assert NoWorkflows().workflows() == ()
    assert not NoWorkflows().tested_bundle("abc", "sha256:0", Path("nowhere"))


def test_there_is_nothing_to_enable() -> None:
    with pytest.raises(ForgeError, match="no workflows"):
        NoWorkflows().enable("ci.yml")
