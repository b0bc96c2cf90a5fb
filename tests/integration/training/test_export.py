from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.tasks import judging_of
from trunkline.training import Export, Fitted, export
from trunkline.training.converters import Graph, Tensor, Value
from trunkline.training.converters.categories import ordinal
from trunkline.training.exporters.onnx import OnnxForm, foreign, own
from trunkline.training.exporters.python import load
from trunkline.training.frames import model_frame
from trunkline.training.parity import compare

Fit = Callable[[Any, Any], Fitted]
Parts = tuple[pd.DataFrame, pd.DataFrame]


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("features", "estimator"),
    [
        ("scaled", LogisticRegression()),
        ("scaled", RandomForestClassifier(20, min_samples_leaf=5)),
        ("ordinal", HistGradientBoostingClassifier(max_iter=20, categorical_features=[0, 1])),
    ],
    ids=["logistic", "scaled forest", "categories"],
)
def test_models_that_convert_well_become_onnx(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path, features: str, estimator: Any
) -> None:
    said: list[str] = []
    exported = export(
        fit(features, estimator), contract, parts[1], tmp_path / "b", code=package, progress=said.append
    )
    assert (exported.runtime, exported.model, exported.reason) == ("onnx", "model.onnx", "")
    assert set(files(tmp_path / "b")) == {"model.onnx"}
    parity = exported.parity
    assert parity is not None
    assert parity.labels == 0
    assert parity.difference <= 1e-6
    assert parity.above == 0
    assert parity.rows > 2 * len(parts[1]), "every row at once, every row alone, and the edges"
    assert said[-1].startswith("ONNX: 0 of")


def wrong(graph: Graph, step: Any, value: Value) -> Tensor:
    """A converter that numbers every category 0."""
    known = ordinal(graph, step, value)
    assert isinstance(known, Tensor)
    return graph.apply("Mul", known, 0.0)


def test_a_conversion_that_succeeds_and_is_wrong_is_refused(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path
) -> None:
    # skl2onnx, the next to be tried, splits categories wrongly.
    boosting = HistGradientBoostingClassifier(max_iter=30, categorical_features=[0, 1])
    fitted = replace(fit("ordinal", boosting), export=Export(converters={OrdinalEncoder: wrong}))
    rows = model_frame(parts[1], contract)
    judging = judging_of(contract)
    expected = judging.ask(fitted.pipeline, rows)
    for conversion in (own, foreign):
        form = OnnxForm(conversion(fitted.pipeline, contract, fitted.export), contract, expected.classes)
        assert not compare(expected, form.ask(rows), contract).holds

    exported = export(fitted, contract, parts[1], tmp_path / "b", code=package)
    assert (exported.runtime, exported.model) == ("python", "model.skops")
    assert exported.reason.startswith("ONNX gives other answers")
    again = load((tmp_path / "b" / "model.skops").read_bytes(), exported.trusted_types)
    assert compare(expected, judging.ask(again, rows), contract).difference == 0
    assert set(files(tmp_path / "b")) == {
        "model.skops",
        "code/arrests_example/__init__.py",
        "code/arrests_example/features.py",
        "code/arrests_example/parts/more.py",
    }
    assert any(one.startswith("scikit-learn==") for one in exported.requires)


def test_the_user_s_own_transformer_travels(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path, own: Any
) -> None:
    exported = export(fit(own, LogisticRegression()), contract, parts[1], tmp_path / "b", code=package)
    assert exported.runtime == "python"
    assert exported.trusted_types == ("arrests_example.features.Ages",)


@pytest.mark.parametrize("place", ["lambda", "nested"])
def test_a_function_that_cannot_be_written_is_refused_with_advice(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path, place: str
) -> None:
    def nested(frame: pd.DataFrame) -> np.ndarray:
        return frame[["age"]].to_numpy()

    function = nested if place == "nested" else lambda frame: frame[["age"]].to_numpy()
    fitted = fit(FunctionTransformer(function), LogisticRegression())
    with pytest.raises(ExportError) as caught:
        export(fitted, contract, parts[1], tmp_path / "b", code=package)
    assert "top level" in caught.value.next_step
    assert not (tmp_path / "b" / "model.skops").exists()


def test_a_category_that_the_contract_allows_and_the_model_refuses_is_found(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path
) -> None:
    strict = ColumnTransformer([("words", OneHotEncoder(handle_unknown="error"), ["citizen"])])
    fitted = fit(strict, LogisticRegression())
    columns = tuple(
        column.model_copy(update={"categories": ("No", "Unsure", "Yes")})
        if column.name == "citizen"
        else column
        for column in contract.columns
    )
    with pytest.raises(ExportError, match=r"contract allows \(citizen is Unsure\)"):
        export(
            fitted,
            contract.model_copy(update={"columns": columns}),
            parts[1],
            tmp_path / "b",
            code=package,
        )


def test_no_test_rows_are_no_proof(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path
) -> None:
    with pytest.raises(ExportError, match="no test rows"):
        export(fit("plain", LogisticRegression()), contract, parts[1].iloc[:0], tmp_path, code=package)


def test_exporting_again_leaves_nothing_of_the_first(
    fit: Fit, contract: Contract, parts: Parts, tmp_path: Path, package: Path, own: Any
) -> None:
    export(fit(own, LogisticRegression()), contract, parts[1], tmp_path / "b", code=package)
    export(fit("scaled", LogisticRegression()), contract, parts[1], tmp_path / "b", code=package)
    assert set(files(tmp_path / "b")) == {"model.onnx"}
