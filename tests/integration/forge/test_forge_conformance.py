"""Both forges are asked the same; the toy in `test_open_forge` is the local one, opened by its line in the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.forges import ForgeConformance

from trunkline.forge import Forge, LocalForge
from trunkline.forge.github import GitHubForge


class TestLocal(ForgeConformance):
    @pytest.fixture
    def forge(self, tmp_path: Path, work_tree: Path) -> Forge:
        return LocalForge.create(tmp_path / "forge", work_tree)


class TestGitHub(ForgeConformance):
    @pytest.fixture
    def forge(self, github: GitHubForge) -> Forge:
        return github
