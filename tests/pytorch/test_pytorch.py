"""Networks of PyTorch: a module's ONNX file brought by Trained, and what becomes of skorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ExportError
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.runtimes.onnx_file import OnnxFileModel
from trunkline.runtimes.tensors import TENSORS_FILE, Tensors
from trunkline.training import Candidate, Files, Trained, export, train

torch = pytest.importorskip("torch", reason="make torch installs it")
NUMBERS = ["age", "hours"]


@pytest.fixture
def contract() -> Contract:
    return Contract(
        name="incomes",
        positive="high",
        columns=(
            *(Column(name=name, type="number") for name in NUMBERS),
            Column(name="job", type="integer", minimum=0, maximum=3),
            Column(name="income", type="category", categories=("high", "low"), role=Role.OUTCOME),
        ),
    )


@pytest.fixture
def rows() -> pd.DataFrame:
    drawn = np.random.default_rng(0)
    made = pd.DataFrame({"age": drawn.normal(size=400), "hours": drawn.normal(size=400)})
    made["job"] = drawn.integers(0, 4, 400)
    made["income"] = np.where(made["age"] + made["job"] > 1.5, "high", "low")
    return made


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "src" / "incomes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    return folder


def network() -> Any:
    """A module with an embedding, as people write one."""
    torch.manual_seed(0)

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.job = torch.nn.Embedding(4, 8)
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(10, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2)
            )

        def forward(self, numbers: Any, job: Any) -> Any:
            return self.layers(torch.cat([numbers, self.job(job.squeeze(-1))], dim=1))

    return Net().eval()


def write(net: Any, path: Path, *, dynamo: bool) -> None:
    """Export as the documentation says, by either of torch's exporters."""
    example = (torch.randn(3, 2), torch.zeros(3, 1, dtype=torch.int64))
    names = {"input_names": ["numbers", "job"], "output_names": ["logits"]}
    if dynamo:
        batch = torch.export.Dim("batch")
        shapes = {"numbers": {0: batch}, "job": {0: batch}}
        torch.onnx.export(
            net, example, path, dynamo=True, external_data=False, dynamic_shapes=shapes, **names
        )
    else:
        axes = {name: {0: "batch"} for name in ("numbers", "job", "logits")}
        torch.onnx.export(net, example, path, dynamo=False, dynamic_axes=axes, **names)


@pytest.mark.parametrize("dynamo", [True, False])
def test_a_module_of_ones_own_answers_as_torch_does(
    dynamo: bool, contract: Contract, rows: pd.DataFrame, package: Path, tmp_path: Path
) -> None:
    net = network()
    write(net, package / "net.onnx", dynamo=dynamo)
    trained = Trained(
        "net.onnx",
        inputs={"numbers": NUMBERS, "job": "job"},
        outputs={"logits": "logits"},
        classes=("low", "high"),
    )
    fitted = train(
        rows,
        contract,
        features=ColumnTransformer,
        candidates=[trained],
        policy=TrainingPolicy(),
        files=Files(package, tmp_path / "cache"),
    )
    made = export(fitted, contract, rows, tmp_path / "bundle", code=package)
    assert made.runtime == "onnx-file"
    model = OnnxFileModel(
        str(tmp_path / "bundle" / made.model), Tensors.read(tmp_path / "bundle" / TENSORS_FILE), contract
    )
    asked = {name: rows[name].tolist() for name in (*NUMBERS, "job")}
    found = model.predict(asked)
    assert found.probabilities is not None
    with torch.no_grad():
        numbers = torch.tensor(rows[NUMBERS].to_numpy(np.float32))
        wanted = torch.softmax(net(numbers, torch.tensor(rows[["job"]].to_numpy())), dim=1).numpy()
    place = {name: at for at, name in enumerate(found.classes)}
    ours = found.probabilities[:, [place["low"], place["high"]]]
    assert np.abs(ours - wanted).max() < 1e-5


def test_a_network_of_skorch_is_fitted_and_then_refused_with_the_way_that_works(
    contract: Contract, rows: pd.DataFrame, package: Path, tmp_path: Path
) -> None:
    skorch = pytest.importorskip("skorch")
    torch.manual_seed(0)

    def features() -> ColumnTransformer:
        return ColumnTransformer(
            [("all", StandardScaler(), [*NUMBERS, "job"]), ("codes", OrdinalEncoder(), [])]
        )

    layers = [torch.nn.Linear(3, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2), torch.nn.Softmax(dim=-1)]
    net = skorch.NeuralNetClassifier(torch.nn.Sequential(*layers), max_epochs=20, lr=0.1, train_split=None)
    fitted = train(
        rows.astype(dict.fromkeys(NUMBERS, "float32")),
        contract,
        features=features,
        candidates=[Candidate("net", net)],
        policy=TrainingPolicy(search=Search(folds=2, jobs=1, iterations=1)),
    )
    with pytest.raises(ExportError) as caught:  # skops writes no tensors of torch
        export(fitted, contract, rows, tmp_path / "bundle", code=package)
    assert "Trained(" in caught.value.next_step
