"""The command starts light: what a verb does not need is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "pandas",
    "sklearn",
    "mlflow",
    "scipy",
    "numpy",
    "matplotlib",
    "onnxruntime",
    "pyarrow",
    "fastapi",
    "pydantic",
    "rich",
    "ruamel",
}
SHOW = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{SHOW}"], check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    assert not imported_by("from trunkline.cli.main import run; run(['--help'])") & HEAVY


@pytest.mark.parametrize("module", ["rollout.deploying", "rollout.promoting", "life.tracing", "life.traffic"])
def test_everyday_verbs_import_no_training_stack(module: str) -> None:
    training = {"pandas", "sklearn", "mlflow", "scipy", "matplotlib"}
    assert not imported_by(f"import trunkline.loop.{module}") & training


def test_monitoring_imports_no_training_stack() -> None:
    assert not imported_by("import trunkline.loop.life.watching") & {
        "pandas",
        "sklearn",
        "mlflow",
        "matplotlib",
    }


def test_an_error_is_one_clear_line_with_its_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from trunkline.cli import main; main()", "--project", str(tmp_path), "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 10
    assert done.stdout == ""
    # A slow machine may first be told that it goes on.
    error, advice = [line for line in done.stderr.splitlines() if not line.startswith("  · ")]
    assert error.startswith(f"error: No trunkline.yaml in {tmp_path}")
    assert "next: change to a project's folder" in advice
    assert "Traceback" not in done.stderr
