"""A detector's ONNX file is taken, sealed as it is, and answers without the training stack."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ProjectError
from trunkline.core.policy.training import TrainingPolicy
from trunkline.inputs.image_file import text_of
from trunkline.inputs.png import plain, png
from trunkline.tasks import task_of
from trunkline.training import Files, Fitted, Trained, export, train

CONTRACT = Contract(
    name="pictures",
    columns=(
        Column(name="image", type="image"),
        Column(name="seen", type="boxes", role=Role.OUTCOME, categories=("blot", "dot")),
    ),
)
SAID: dict[str, Any] = {
    "picture": {"width": 64, "height": 48},
    "boxes": {"boxes": "boxes", "scores": "scores", "labels": "labels"},
}


def detector(path: Path) -> None:
    """Write a file that puts one box, of the first class, around all that is dark."""
    nodes = [
        helper.make_node("ReduceMean", ["images", "channels"], ["grey"], keepdims=0),
        helper.make_node("Less", ["grey", "half"], ["below"]),
        helper.make_node("Cast", ["below"], ["dark"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["dark", "down"], ["columns"], keepdims=0),
        helper.make_node("ReduceMax", ["dark", "across"], ["rows"], keepdims=0),
    ]
    ends = []
    for axis, side in (("columns", "x"), ("rows", "y")):
        for last in (0, 1):
            name = f"{side}{last}"
            nodes.append(
                helper.make_node("ArgMax", [axis], [f"{name}i"], axis=1, keepdims=1, select_last_index=last)
            )
            nodes.append(helper.make_node("Cast", [f"{name}i"], [f"{name}f"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Add", [f"{name}f", "one" if last else "zero"], [name]))
            ends.append(name)
    nodes += [
        helper.make_node("Concat", ["x0", "y0", "x1", "y1"], ["flat"], axis=1),
        helper.make_node("Unsqueeze", ["flat", "down"], ["boxes"]),
        helper.make_node("ReduceMax", ["columns", "down"], ["any"], keepdims=1),
        helper.make_node("Mul", ["any", "sure"], ["scores"]),
        helper.make_node("Cast", ["zeros"], ["labels"], to=TensorProto.INT64),
        helper.make_node("Sub", ["any", "any"], ["zeros"]),
    ]
    nodes[-2], nodes[-1] = nodes[-1], nodes[-2]
    numbers: dict[str, Any] = {
        "channels": np.array([1], dtype=np.int64),
        "down": np.array([1], dtype=np.int64),
        "across": np.array([2], dtype=np.int64),
        "half": np.array(0.5, dtype=np.float32),
        "one": np.array(1, dtype=np.float32),
        "zero": np.array(0, dtype=np.float32),
        "sure": np.array(0.9, dtype=np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "around-the-dark",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", 1, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 1]),
            helper.make_tensor_value_info("labels", TensorProto.INT64, ["n", 1]),
        ],
        [numpy_helper.from_array(value, name) for name, value in numbers.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(made)
    path.write_bytes(made.SerializeToString())


def picture(left: int, top: int) -> str:
    """Return 128 by 96 pixels of white with a black square of 32."""
    levels = np.full((96, 128, 3), 255, dtype=np.uint8)
    levels[top : top + 32, left : left + 32] = 0
    return text_of(png(128, 96, levels.tobytes()))


def taken(tmp_path: Path, **said: Any) -> tuple[Fitted, pd.DataFrame, Path]:
    package = tmp_path / "src" / "pictures"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    detector(package / "detector.onnx")
    places = [(8 * step, 4 * step) for step in range(12)]
    rows = pd.DataFrame(
        {
            "image": [picture(*place) for place in places],
            "seen": [f"blot {left} {top} {left + 32} {top + 32}" for left, top in places],
        }
    )
    fitted = train(
        rows,
        CONTRACT,
        features=lambda: None,
        candidates=[Trained("detector.onnx", **{**SAID, **said})],
        policy=TrainingPolicy.model_validate({"search": {"metric": "map_50"}}),
        files=Files(package, tmp_path / "cache"),
    )
    return fitted, rows, package


ASK = """
import json, sys
from pathlib import Path
from trunkline.core.contract import Contract
from trunkline.runtimes.onnx_file import OnnxFileModel
from trunkline.runtimes.tensors import Tensors
folder = Path(sys.argv[1])
contract = Contract.read(folder / "contract.json")
model = OnnxFileModel(str(folder / "model.onnx"), Tensors.read(folder / "tensors.json"), contract)
answers = model.predict({"image": json.loads(sys.stdin.read())})
heavy = sorted({"sklearn", "pandas", "scipy", "mlflow"} & set(sys.modules))
print(json.dumps([answers.predictions.tolist(), heavy]))
"""


def test_it_is_sealed_as_it_is_and_answers_in_pixels_without_the_training_stack(tmp_path: Path) -> None:
    fitted, rows, package = taken(tmp_path)
    exported = export(fitted, CONTRACT, rows, tmp_path / "bundle", code=package)
    assert exported.runtime == "onnx-file"
    assert (tmp_path / "bundle/model.onnx").read_bytes() == (package / "detector.onnx").read_bytes()
    CONTRACT.write(tmp_path / "bundle/contract.json")
    asked = [*rows["image"][:3], plain(20, 20, (255, 255, 255))]
    done = subprocess.run(
        [sys.executable, "-c", ASK, tmp_path / "bundle"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found, heavy = json.loads(done.stdout)
    assert heavy == []
    assert [one["box"] for one in found[1]] == [[8, 4, 40, 36]]
    assert (found[1][0]["class"], found[1][0]["score"]) == ("blot", pytest.approx(0.9))
    assert found[3] == []


def test_its_answers_are_judged_as_any_detection(tmp_path: Path) -> None:
    fitted, rows, _ = taken(tmp_path, picture={"width": 64, "height": 64, "fit": "letterbox"})
    task = task_of(CONTRACT)
    answers = fitted.pipeline.predict(rows)
    assert all(one[0]["class"] == "blot" for one in answers if one)
    assert task.name == "detection"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"boxes": None}, "both"),
        ({"picture": {"field": "photo"}}, "no image"),
        ({"picture": {"tensor": "x"}}, "only input"),
        ({"picture": {"fit": "squeeze"}}, "fit"),
        ({"boxes": {"boxes": "box", "scores": "scores"}}, "no output box"),
        ({"boxes": {"boxes": "boxes", "scores": "scores", "classes": ["cat"]}}, "no class cat"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_the_file_has(
    tmp_path: Path, said: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ProjectError, match=reason) as refused:
        taken(tmp_path, **said)
    assert "images tensor(float)" in refused.value.what
