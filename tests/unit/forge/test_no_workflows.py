"""A forge without workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError
from trunkline.forge import LocalForge


def test_whoever_asks_does_the_work_itself() -> None:
    assert not LocalForge(Path("nowhere")).start("ci.yml", branch="main", inputs={"reason": "drift"})
    assert LocalForge(Path("nowhere")).workflows() == ()
    assert not LocalForge(Path("nowhere")).tested_bundle("abc", "sha256:0", Path("nowhere"))


def test_there_is_nothing_to_enable() -> None:
    with pytest.raises(ForgeError, match="no workflows"):
        LocalForge(Path("nowhere")).enable("ci.yml")
