"""Every target is asked the same: ours, and that of a stranger's package which nobody here names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conformance.targets import Reach, TargetConformance

from trunkline.core.errors import PolicyError
from trunkline.core.plugins import plugin
from trunkline.core.policy.delivery import Serving
from trunkline.delivery import Environment, LocalSettings, TargetSettings

from .conftest import MakeTarget


class TestLocal(TargetConformance):
    @pytest.fixture
    def settings(self) -> TargetSettings:
        return LocalSettings(port=0)

    @pytest.fixture
    def reach(self, make_target: MakeTarget) -> Reach:
        return make_target


class TestOfAStranger(TargetConformance):
    @pytest.fixture
    def settings(self, toys: None) -> TargetSettings:
        made: TargetSettings = plugin("targets", "folder", packages=("Trunkline_Toys",)).settings()
        return made

    @pytest.fixture
    def reach(self, settings: TargetSettings, tmp_path: Path) -> Reach:
        environment = Environment(
            name="production",
            file="deployments/production.yaml",
            folder=tmp_path / "live",
            predictions=tmp_path / "predictions",
            locks=tmp_path,
            installed=tmp_path / "installed",
            serving=Serving(),
        )
        kind = plugin("targets", "folder", packages=("trunkline-toys",))
        return lambda: kind.open(environment, settings)

    def test_a_package_that_the_policy_does_not_list_is_not_imported(self, toys: None) -> None:
        sys.modules.pop("trunkline_toys.folder", None)
        with pytest.raises(PolicyError) as refused:
            plugin("targets", "folder")
        assert refused.value.value == "trunkline-toys"
        assert "trunkline_toys.folder" not in sys.modules


def test_a_kind_that_nobody_offers_is_refused_with_those_that_are(toys: None) -> None:
    with pytest.raises(PolicyError) as refused:
        plugin("targets", "moon", packages=("trunkline-toys",))
    assert "folder, local" in refused.value.next_step
