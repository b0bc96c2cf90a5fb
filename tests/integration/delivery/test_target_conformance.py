"""Every target is asked the same: ours, and that of a stranger's package which nobody here names."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conformance.targets import Reach, TargetConformance

from trunkline.core.errors import PolicyError
from trunkline.core.plugins import plugin
from trunkline.core.policy.delivery import Serving
from trunkline.delivery import Environment, LocalSettings, TargetSettings

from .conftest import MakeTarget

TOYS = Path(__file__).parents[2] / "toys"


class TestLocal(TargetConformance):
    @pytest.fixture
    def settings(self) -> TargetSettings:
        return LocalSettings(port=0)

    @pytest.fixture
    def reach(self, make_target: MakeTarget) -> Reach:
        return make_target


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toys' wheel as an installer leaves it: the package, and metadata with its entry points."""
    made = tmp_path_factory.mktemp("toys")
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(made)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOYS, capture_output=True, check=True, text=True)
    with zipfile.ZipFile(made / done.stdout.split()[-1]) as wheel:
        wheel.extractall(made / "site-packages")
    return made / "site-packages"


@pytest.fixture
def toys(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    importlib.invalidate_caches()


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


def test_what_contributing_shows_is_the_package_that_was_asked_here() -> None:
    shown = (TOYS.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = (TOYS / "trunkline_toys" / "folder.py").read_text(encoding="utf-8")
    assert code.split("\n\n", 1)[1] in shown
    entry = (TOYS / "pyproject.toml").read_text(encoding="utf-8").partition("[project.entry-points")[2]
    assert entry.strip() in shown
