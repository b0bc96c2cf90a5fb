"""Every target is asked the same: ours, and that of a stranger's package which nobody here names."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conformance.targets import ExposedTargetConformance, Reach, TargetConformance

from certificates import self_signed
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import PolicyError
from trunkline.core.plugins import plugin
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release, Route
from trunkline.delivery import Environment, LocalSettings, TargetSettings

from .conftest import MakeAws, MakeContainers, MakeTarget, seal_model, single
from .test_local_service import adding


class TestLocal(TargetConformance):
    @pytest.fixture
    def settings(self) -> TargetSettings:
        return LocalSettings(port=0)

    @pytest.fixture
    def reach(self, make_target: MakeTarget) -> Reach:
        return make_target


class TestLocalBeyondItsMachine(ExposedTargetConformance):
    @pytest.fixture
    def released(self, tmp_path: Path, bundles: BundleStore) -> Release:
        sealed = bundles.add(seal_model(tmp_path / "sealed", adding(1)).folder)
        return single(Route(version=1, bundle=sealed.digest), "c1")

    @pytest.fixture
    def trust(self, tmp_path: Path) -> ssl.SSLContext:
        secrets = tmp_path / "secrets"
        secrets.mkdir()
        return self_signed(secrets / "production.crt", secrets / "production.key")

    @pytest.fixture
    def unguarded(self, make_target: MakeTarget) -> Reach:
        command = (sys.executable, "-m", "trunkline.serving")
        return lambda: make_target(host="0.0.0.0", command=command, patience=60.0)

    @pytest.fixture
    def guarded(self, make_target: MakeTarget) -> Reach:
        command, access = (sys.executable, "-m", "trunkline.serving"), Access(tls="own", callers="keys")
        return lambda: make_target(host="0.0.0.0", command=command, patience=60.0, access=access)


@pytest.mark.timeout(180)
class TestContainer(TargetConformance):
    @pytest.fixture
    def settings(self, make_containers: MakeContainers) -> TargetSettings:
        return make_containers().settings

    @pytest.fixture
    def image(self, image: str) -> str:
        return image

    @pytest.fixture
    def reach(self, make_containers: MakeContainers) -> Reach:
        return make_containers


class OnAws(TargetConformance):
    kind: str

    @pytest.fixture
    def settings(self, on_aws: MakeAws) -> TargetSettings:
        return on_aws(self.kind).settings

    @pytest.fixture
    def image(self, settings: TargetSettings, cloud_image: Callable[[], str]) -> str:
        return cloud_image()

    @pytest.fixture
    def reach(self, on_aws: MakeAws) -> Reach:
        return lambda: on_aws(self.kind)


@pytest.mark.timeout(300)
class TestEcs(OnAws):
    kind = "ecs"


@pytest.mark.timeout(300)
class TestEc2(OnAws):
    kind = "ec2"


@pytest.mark.timeout(300)
class TestLambda(OnAws):
    kind = "lambda"


@pytest.mark.timeout(300)
class TestSageMaker(OnAws):
    kind = "sagemaker"


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
            secret=tmp_path / "secrets/production",
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
    assert all(kind in refused.value.next_step for kind in ("container", "folder", "local"))
