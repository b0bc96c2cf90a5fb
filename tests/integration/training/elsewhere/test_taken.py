"""Models that were trained elsewhere: files as other tools write them, taken, exported and asked."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import pytest
import skops.io
from conformance.exporters import ExporterConformance
from conformance.runtimes import RuntimeConformance
from onnx import TensorProto
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foreign_models import WEIGHTS, net, words
from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.errors import (
    NotFoundError,
    PolicyError,
    ProjectError,
    StorageError,
    TrunklineError,
)
from trunkline.core.policy.training import Threshold, TrainingPolicy
from trunkline.core.record import file_sha256
from trunkline.runtimes import Columns, open_model
from trunkline.tasks import judging_of
from trunkline.training import Files, Fitted, Trained, compare, export, model_frame, try_candidates
from trunkline.training.exporters.exporter import Exported

Parts = tuple[pd.DataFrame, pd.DataFrame]
Take = Callable[..., Fitted]
NUMBERS = ["age", "checks"]


def of_sklearn(path: Path, parts: Parts, *, zipmap: bool) -> None:
    """Write a pipeline as skl2onnx does, by default with its probabilities as a sequence of maps."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(parts[0][NUMBERS].to_numpy(np.float32), parts[0]["released"].astype(str))
    made = to_onnx(
        model, initial_types=[("X", FloatTensorType([None, 2]))], options={id(model): {"zipmap": zipmap}}
    )
    path.write_bytes(made.SerializeToString())


CASES: dict[str, tuple[Callable[[Path, Parts], None], dict[str, Any]]] = {
    "zipmap": (lambda path, parts: of_sklearn(path, parts, zipmap=True), {"inputs": {"X": NUMBERS}}),
    "two outputs": (lambda path, parts: of_sklearn(path, parts, zipmap=False), {"inputs": {"X": NUMBERS}}),
    "logit": (lambda path, _: net(path), {"inputs": {"X": NUMBERS}, "outputs": {"logits": "logit"}}),
    "one of two": (
        lambda path, _: net(path, outputs=("logit", "chance")),
        {"inputs": NUMBERS, "outputs": {"probabilities": "chance"}},
    ),
    "one row at a time": (
        lambda path, _: net(path, inputs={"X": (TensorProto.FLOAT, [1, 2])}, outputs=("chance",)),
        {"inputs": {"X": NUMBERS}},
    ),
    "eight rows at a time": (
        lambda path, _: net(path, inputs={"X": (TensorProto.FLOAT, [8, 2])}, outputs=("chance",)),
        {"inputs": {"X": NUMBERS}},
    ),
    "three dimensions": (
        lambda path, _: net(path, inputs={"X": (TensorProto.FLOAT, [None, 1, 2])}, outputs=("chance",)),
        {"inputs": {"X": NUMBERS}},
    ),
    "float16": (
        lambda path, _: net(path, kind=TensorProto.FLOAT16, outputs=("chance",)),
        {"inputs": {"X": NUMBERS}},
    ),
    "whole numbers by the fields' names": (
        lambda path, _: net(
            path,
            inputs={"checks": (TensorProto.INT64, ["n", 1]), "age": (TensorProto.INT32, ["n", 1])},
            outputs=("chance",),
        ),
        {},
    ),
    "one dimension, a boolean": (
        lambda path, _: net(
            path,
            inputs={"a": (TensorProto.FLOAT, ["n"]), "b": (TensorProto.DOUBLE, ["n"])},
            outputs=("chance",),
        ),
        {"inputs": {"a": "age", "b": "checks"}},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_file_is_taken_as_it_is_and_answers_in_its_bundle(
    case: str,
    take: Take,
    contract: Contract,
    parts: Parts,
    package: Path,
    seal_exported: Callable[[Fitted, Exported, Path], Bundle],
    tmp_path: Path,
) -> None:
    write, said = CASES[case]
    write(package / "model.onnx", parts)
    fitted = take(Trained("model.onnx", **said))
    exported = export(fitted, contract, parts[1].iloc[:30], tmp_path / "bundle", code=package)
    assert (exported.runtime, exported.requires, exported.reason) == ("onnx-file", (), "")
    assert file_sha256(tmp_path / "bundle" / "model.onnx") == file_sha256(package / "model.onnx")
    assert fitted.origin is not None
    assert fitted.origin.digest == file_sha256(package / "model.onnx")
    rows = parts[1].iloc[:30]
    model = open_model(seal_exported(fitted, exported, tmp_path / "bundle"))
    found = model.predict({column.name: rows[column.name].tolist() for column in contract.features})
    wanted = judging_of(contract).ask(fitted.pipeline, model_frame(rows, contract))
    assert compare(wanted, found, contract).holds
    assert found.classes == ("No", "Yes")


class TestAsked(RuntimeConformance):
    """The runtime of such a file."""

    @pytest.fixture
    def columns(self) -> Columns:
        return {"age": [20, 60], "employed": ["Yes", "No"], "citizen": ["Yes", "No"], "checks": [1, 3]}

    @pytest.fixture
    def bundle(
        self,
        take: Take,
        contract: Contract,
        parts: Parts,
        package: Path,
        seal_exported: Callable[[Fitted, Exported, Path], Bundle],
        tmp_path: Path,
    ) -> Bundle:
        net(package / "model.onnx", outputs=("chance",))
        fitted = take(Trained("model.onnx", inputs=NUMBERS))
        exported = export(fitted, contract, parts[1].iloc[:30], tmp_path / "bundle", code=package)
        return seal_exported(fitted, exported, tmp_path / "bundle")


class TestWritten(ExporterConformance):
    """The exporter of such a file."""

    @pytest.fixture
    def name(self) -> str:
        return "onnx-file"

    @pytest.fixture
    def fitted(self, take: Take, package: Path) -> Fitted:
        net(package / "model.onnx", outputs=("chance",))
        return take(Trained("model.onnx", inputs=NUMBERS))


def test_its_answers_are_those_of_the_net(
    take: Take, contract: Contract, parts: Parts, package: Path
) -> None:
    net(package / "model.onnx")
    fitted = take(Trained("model.onnx", inputs={"X": NUMBERS}, outputs={"logits": "logit"}))
    answers = judging_of(contract).ask(fitted.pipeline, model_frame(parts[1], contract))
    wanted = 1 / (1 + np.exp(-(parts[1][NUMBERS].to_numpy() @ WEIGHTS + 2.2)))
    assert answers.probabilities is not None
    assert np.allclose(answers.probabilities[:, 1], wanted[:, 0], atol=1e-5)
    assert fitted.trials == ()


ANSWER = """
import numpy as np


def yes_from(outputs):
    return np.concatenate([1 - outputs["chance"], outputs["chance"]], axis=1)
"""


def test_features_and_an_answer_of_the_project_stand_around_a_file(
    take: Take, contract: Contract, parts: Parts, package: Path, tmp_path: Path
) -> None:
    net(package / "model.onnx", outputs=("chance",))
    (package / "answer.py").write_text(ANSWER)
    answer = importlib.import_module(f"{package.name}.answer").yes_from
    fitted = take(Trained("model.onnx", inputs={"X": words}, answer=answer, classes=("No", "Yes")))
    exported = export(fitted, contract, parts[1].iloc[:30], tmp_path / "bundle", code=package)
    assert exported.runtime == "python"
    assert any(name.startswith("onnxruntime==") for name in exported.requires)


@pytest.mark.parametrize("write", [joblib.dump, skops.io.dump], ids=["joblib", "skops"])
def test_a_fitted_pipeline_is_taken_from_a_file(
    write: Any, take: Take, contract: Contract, parts: Parts, package: Path, tmp_path: Path
) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(parts[0][["checks", "age"]].astype(float), parts[0]["released"].eq("Yes").astype(int))
    write(model, package / "model.bin")
    digest = file_sha256(package / "model.bin")
    fitted = take(Trained("model.bin", digest=digest, classes=("No", "Yes")))
    answers = judging_of(contract).ask(fitted.pipeline, model_frame(parts[1], contract))
    assert answers.probabilities is not None
    assert np.allclose(
        answers.probabilities, model.predict_proba(parts[1][["checks", "age"]].astype(float)), atol=1e-5
    )
    assert export(fitted, contract, parts[1].iloc[:30], tmp_path / "b", code=package).requires


def _cut(path: Path, _: Parts) -> None:
    net(path)
    path.write_bytes(path.read_bytes()[:60])


def _old(path: Path, parts: Parts) -> None:
    model = LogisticRegression().fit(parts[0][NUMBERS], parts[0]["released"].astype(str))
    state = model.__getstate__() | {"_sklearn_version": "1.2.0"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogisticRegression, "__getstate__", lambda _: state)
        joblib.dump(model, path)


REFUSED: dict[str, tuple[Callable[[Path, Parts], object], dict[str, Any], type[TrunklineError], str]] = {
    "no such tensor": (lambda p, _: net(p), {"inputs": {"Y": NUMBERS}}, ProjectError, "X tensor"),
    "no such output": (lambda p, _: net(p), {"inputs": NUMBERS, "outputs": {"logits": "z"}}, ProjectError, "logit"),
    "no such field": (lambda p, _: net(p), {"inputs": ["age", "sex"]}, ProjectError, "sex"),
    "another width": (lambda p, _: net(p), {"inputs": ["age"]}, ProjectError, r"\[batch, 2\].*\[50, 1\]"),
    "words for numbers": (lambda p, _: net(p), {"inputs": ["age", "employed"]}, ProjectError, "employed"),
    "no probabilities": (lambda p, _: net(p), {"inputs": NUMBERS}, ProjectError, "are they logits"),
    "which output": (
        lambda p, _: net(p, outputs=("logit", "chance")),
        {"inputs": NUMBERS},
        ProjectError,
        "which output",
    ),
    "classes of others": (
        lambda p, _: net(p, outputs=("chance",)),
        {"inputs": NUMBERS, "classes": ("a", "b")},
        ProjectError,
        "answers a, b",
    ),
    "a value for classes": (lambda p, _: net(p), {"inputs": NUMBERS, "outputs": {"value": "z"}}, ProjectError, "value"),
    "no model": (lambda p, _: p.write_text("<html>"), {}, ProjectError, "no model"),
    "cut short": (_cut, {}, ProjectError, "no whole ONNX"),
    "no file": (lambda *_: None, {}, NotFoundError, "no file"),
    "code without a digest": (lambda p, _: joblib.dump({}, p), {}, ProjectError, "runs code"),
    "another digest": (lambda p, _: net(p), {"digest": "sha256:" + "0" * 64}, StorageError, "names sha256:000"),
    "another scikit-learn": (_old, {"digest": "now"}, ProjectError, r"1\.2\.0"),
    "no estimator": (lambda p, _: joblib.dump({"a": 1}, p), {"digest": "now"}, ProjectError, "dict"),
    "not fitted": (lambda p, _: joblib.dump(LogisticRegression(), p), {"digest": "now"}, ProjectError, "not fitted"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_by_what_the_file_has(
    case: str, take: Take, parts: Parts, package: Path
) -> None:
    write, said, kind, told = REFUSED[case]
    path = package / "model.onnx"
    write(path, parts)
    if said.get("digest") == "now":
        said = {**said, "digest": file_sha256(path)}
    with pytest.raises(kind, match=told):
        take(Trained("model.onnx", **said))


def test_code_in_a_file_does_not_run_before_its_digest_is_compared(
    take: Take, package: Path, tmp_path: Path
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    joblib.dump(Trap(), package / "model.onnx")
    for digest in ("", "sha256:" + "1" * 64):
        with pytest.raises(TrunklineError):
            take(Trained("model.onnx", digest=digest))
    assert not (tmp_path / "ran").exists()


def test_a_large_file_is_fetched_once_by_its_digest(take: Take, package: Path, tmp_path: Path) -> None:
    net(tmp_path / "net.onnx", outputs=("chance",))
    address = (tmp_path / "net.onnx").as_uri()
    digest = file_sha256(tmp_path / "net.onnx")
    said: dict[str, Any] = {"inputs": {"X": NUMBERS}}
    with pytest.raises(ProjectError, match="no digest"):
        take(Trained(address, **said))
    with pytest.raises(StorageError, match="larger than 0 MB"):
        take(Trained(address, digest=digest, largest_mb=0, **said))
    with pytest.raises(StorageError, match="names sha256:000"):
        take(Trained(address, digest="sha256:" + "0" * 64, **said))
    take(Trained(address, digest=digest, **said))
    (tmp_path / "net.onnx").unlink()
    assert take(Trained(address, digest=digest, **said)).candidate == "net"
    (kept,) = [path for path in (tmp_path / "cache").iterdir() if path.is_file()]
    kept.write_bytes(b"\x08 changed")
    with pytest.raises(NotFoundError, match="nothing at"):
        take(Trained(address, digest=digest, **said))


def test_a_file_outside_the_package_is_on_one_machine_alone(take: Take, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="outside the package"):
        take(Trained(str(tmp_path / "model.onnx")))
    with pytest.raises(ProjectError, match="an alias moves"):
        take(Trained("models:/net@best", digest="sha256:" + "0" * 64))
    with pytest.raises(ProjectError, match="not fetched by ftp"):
        take(Trained("ftp://host/model.onnx"))


def test_nothing_is_searched_so_what_asks_for_a_search_is_refused(
    take: Take, parts: Parts, package: Path
) -> None:
    net(package / "model.onnx", outputs=("chance",))
    one = Trained("model.onnx", inputs=NUMBERS)
    with pytest.raises(PolicyError, match="cannot compete"):
        take([one, Trained("model.onnx", inputs=NUMBERS, name="two")])
    with pytest.raises(PolicyError, match="has seen"):
        take(one, TrainingPolicy(threshold=Threshold(metric="f1")))
    decided = take(one, TrainingPolicy(threshold=Threshold(value=0.9))).decision
    assert decided is not None
    assert decided.threshold == 0.9
    picked = take([one, Trained("gone.onnx", name="two")], TrainingPolicy(candidates=("model",)))
    assert picked.candidate == "model"


def test_a_check_asks_it_a_few_rows(contract: Contract, parts: Parts, package: Path, tmp_path: Path) -> None:
    net(package / "model.onnx", outputs=("chance",))
    (tried,) = try_candidates(
        parts[0],
        contract,
        features=words,
        candidates=[Trained("model.onnx", inputs=NUMBERS)],
        policy=TrainingPolicy(),
        metrics={},
        package=package.name,
        progress=lambda _: None,
        files=Files(package, tmp_path / "cache"),
    )
    assert (tried.runtime, tried.code) == ("onnx-file", False)
    assert tried.size == (package / "model.onnx").stat().st_size
