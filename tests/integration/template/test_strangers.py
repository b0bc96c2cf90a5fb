"""A generated project's own tests hold for what strangers bring, with no edit outside of the four files and the policy.

The projects lie where `TRUNKLINE_OUTSIDE` says, or in `../shared/outside`; a stranger without a folder of their own is
in `tests/e2e/test_outside.py`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from warm import programs

REPOSITORY = Path(__file__).parents[3]
SHARED = REPOSITORY.parent / "shared"
OUTSIDE = Path(os.environ.get("TRUNKLINE_OUTSIDE", SHARED / "outside"))
DATA = Path(os.environ.get("TRUNKLINE_DATA", SHARED / "data"))
REPLACED = ("contract", "data", "features", "model")

pytestmark = pytest.mark.skipif(
    not (OUTSIDE.is_dir() and DATA.is_dir()),
    reason=f"no strangers' projects in {OUTSIDE}, or no data in {DATA}",
)


def model_file(path: Path) -> None:
    """Write a model that another team trained: three numbers in `X`, probabilities of two classes as second output."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.linear_model import LogisticRegression

    drawn = np.random.default_rng(7)
    X = np.column_stack(
        [drawn.integers(18, 90, 500), drawn.integers(0, 9000, 500), drawn.integers(5, 80, 500)]
    )
    y = X[:, 0] / 90 + X[:, 1] / 9000 + X[:, 2] / 80 > 1.5
    model = LogisticRegression(max_iter=1000).fit(X, y)
    form = to_onnx(
        model, initial_types=[("X", FloatTensorType([None, 3]))], options={id(model): {"zipmap": False}}
    )
    path.write_bytes(form.SerializeToString())


def chosen(code: str, variant: str) -> str:
    """Return a stranger's file with one variant written into it: a bundle answers by its code, by no variable."""
    return re.sub(r'os\.environ\.get\("VARIANT"(, "")?\)', repr(variant), code)


@pytest.mark.parametrize(
    ("name", "variant", "which"),
    [
        ("byo", "", ""),
        ("byo", "carried", "tests/e2e"),  # another form of the same model: what trains and serves it
        ("dates", "coerce", ""),
        ("lgbm", "", ""),
        ("text", "", ""),
        ("text", "svd", "tests/e2e"),
    ],
)
def test_its_tests_hold_for_a_strangers_project(
    render: Callable[..., Any], git: Callable[..., str], name: str, variant: str, which: str
) -> None:
    if name == "lgbm" and importlib.util.find_spec("lightgbm") is None:
        pytest.skip("lightgbm is not installed")
    project: Path = render(project_name=name).project
    for module in REPLACED:
        written = chosen((OUTSIDE / name / f"{module}.py").read_text(encoding="utf-8"), variant)
        (project / "src" / name / f"{module}.py").write_text(written, encoding="utf-8")
    shutil.copyfile(OUTSIDE / name / "trunkline.yaml", project / "trunkline.yaml")
    if name == "byo":
        model_file(project / "src" / name / "model.onnx")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [programs() / "python", "-m", "pytest", "-p", "no:cacheprovider", *which.split()],
        cwd=project,
        env=outside | {"TRUNKLINE_DATA": str(DATA)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    changed = {
        line.split()[-1]
        for line in git(project, "status", "--porcelain", "--untracked-files=all").splitlines()
    }
    assert changed <= {f"src/{name}/{module}.py" for module in REPLACED} | {
        "trunkline.yaml",
        f"src/{name}/model.onnx",
    }
