"""Tasks whose answers are lists are judged whole, from rows to the evidence of a rollout: one file, one line each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

import trunkline

SOURCE = Path(trunkline.__file__).parent
TOYS = Path(__file__).parents[2] / "toys"
LINE = '"regression": "trunkline.tasks.regression.answers:Regression",\n'


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Python whose toolkit has two more tasks: of each its file and its line."""
    folder = tmp_path_factory.mktemp("toolkit")
    shutil.copytree(SOURCE, folder / "src" / "trunkline", ignore=shutil.ignore_patterns("__pycache__"))
    table = folder / "src/trunkline/core/plugins.py"
    ours = LINE
    for name, kind in (("ranking", "Ranking"), ("detection", "Detection")):
        shutil.copy(TOYS / f"{name}.py", folder / "src/trunkline/tasks" / f"toy_{name}.py")
        ours += f'            "toy-{name}": "trunkline.tasks.toy_{name}:{kind}",\n'
    text = table.read_text(encoding="utf-8")
    assert LINE in text
    table.write_text(text.replace(LINE, ours), encoding="utf-8")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    lines = (
        str(folder / "src"),
        next(path for path in sys.path if path.endswith("site-packages")),
        # What is installed there may be read by a bundle's own process too.
        f"import site; site.PREFIXES.append({sys.prefix!r})",
    )
    (site / "toolkit.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "venv/bin/python"


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("task", "metrics", "labelled"),
    [
        ("toy-ranking", ["reciprocal_rank"], 80),
        ("toy-detection", ["recall_at_half", "precision_at_half"], 60),
    ],
)
def test_a_list_task_is_walked_from_training_to_the_evidence_of_a_rollout(
    python: Path, tmp_path: Path, task: str, metrics: list[str], labelled: int
) -> None:
    done = subprocess.run(
        [python, TOYS / "walked.py", task, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])

    gates = found["gates"]
    assert "fail" not in gates.values()
    assert gates[f"performance/floor:{metrics[0]}"] == gates["performance/baseline"] == "pass"
    assert gates["performance/champion"] == "pass"
    assert not {"data/classes", "data/leakage", "performance/calibration"} & gates.keys()
    assert found["figures"] == metrics
    assert found["card"]
    # Late, repeated and corrected events of each item; and where silence says something, answers without any.
    assert found["labelled"] == labelled
    assert found["users"] < labelled
    signal = found["signal"]
    assert signal["lead"]["value"] == pytest.approx(found["expected"])
    assert signal["lead"]["interval"]["low"] < signal["lead"]["value"] < signal["lead"]["interval"]["high"]
    assert signal["state"] == "alarm"
    difference = found["difference"]
    assert (difference["rows"], difference["users"]) == (labelled, found["users"])
    assert difference["value"] > 0.1
    assert difference["interval"]["low"] < difference["value"] < difference["interval"]["high"]
