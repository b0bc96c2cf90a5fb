"""What holds for every use case on the rows that it makes for a first day without network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trunkline.core.policy.gates import DataGates, FairnessGates, RobustnessGates
from trunkline.core.policy.reading import read_policy
from trunkline.core.snapshots import Window
from trunkline.data import in_window

TEMPLATE = Path(__file__).parents[4] / "template"
NAMES = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))["use_case"]
EXAMPLES = re.compile(
    r"arrest|toronto|police|marijuana|scikit-lego|\bcolour\b|\bcitizen|\bemployed"
    r"|bike|\brent(al|ed)|washington|\bhumidity|review|\bfilm|restaurant|\bamazon\b|\bimdb\b|\byelp\b"
    r"|\bretail|\bbasket|(?<!web )\bshop\b|\barticle"
    r"|blood|\bcells?\b|\bsmear|microscope|platelet|\bbccd\b",
    re.IGNORECASE,
)
LEFT = re.compile(r"review(?!s? sentence)|amazon (?=sagemaker|ec2|ecs|ecr)", re.IGNORECASE)
"""Words of examples that are also those of pull requests and of targets."""

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def chosen(name: str, use_case: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A use case, on made-up rows where it fetches real ones."""
    monkeypatch.setenv("TRUNKLINE_DATA", "sample")
    return use_case(name)


def test_its_rows_keep_the_contract_fill_the_window_and_are_the_same_each_time(chosen: Any) -> None:
    rows = chosen.rows()
    taken = in_window(rows, chosen.contract, chosen.policy.data.window)
    assert len(taken) >= chosen.policy.data.minimum_rows
    pd.testing.assert_frame_equal(chosen.rows(), rows)


@pytest.mark.parametrize("words", [("check",), ("format", "--check")], ids=["check", "format"])
def test_its_code_is_in_the_projects_own_style(chosen: Any, words: tuple[str, ...]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, *words, "--no-cache", "src", "tests", "loadtest"],
        cwd=chosen.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_policy_reads_without_the_lines_of_the_example(chosen: Any, tmp_path: Path) -> None:
    lines = (chosen.project / "trunkline.yaml").read_text(encoding="utf-8").splitlines()
    left = tmp_path / "trunkline.yaml"
    left.write_text("\n".join(line for line in lines if not line.endswith("# example")), encoding="utf-8")
    policy = read_policy(left)
    assert policy.data.window == Window()
    assert (policy.gates.data, policy.gates.robustness) == (DataGates(), RobustnessGates())
    assert policy.gates.fairness == FairnessGates()
    assert (policy.gates.performance.floors, policy.gates.performance.slices) == ({}, ())


def test_nothing_of_the_example_is_left_outside_of_the_four_files_and_the_policy(chosen: Any) -> None:
    replaced = {
        "trunkline.yaml",
        *(f"src/{chosen.package}/{name}.py" for name in ("contract", "data", "features", "model")),
    }
    for path in sorted(path for path in chosen.project.rglob("*") if path.is_file()):
        place = path.relative_to(chosen.project).as_posix()
        if place in replaced or place.startswith((".git/", "vendor/")) or "__pycache__" in place:
            continue
        text = LEFT.sub("", path.read_text(encoding="utf-8"))
        assert not EXAMPLES.findall(text), place


def test_its_readme_tells_of_this_use_case_alone(chosen: Any, name: str) -> None:
    readme = (chosen.project / "README.md").read_text(encoding="utf-8")
    section = next((TEMPLATE).glob(f"*/use_cases/{name}/README.md")).read_text(encoding="utf-8")
    assert section in readme
    assert readme.count("### The use case: ") == 1
