"""Categories as each library of boosted trees takes them itself, with early stopping, asked as released."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.runtimes import open_model
from trunkline.tasks import judging_of
from trunkline.training import Fitted, compare, export, model_frame
from trunkline.training.exporters.exporter import Exported

WORDS, NUMBERS = ["employed", "citizen"], ["age", "checks"]
FEW: dict[str, Any] = {"n_estimators": 30, "early_stopping_rounds": 5}


def coded() -> ColumnTransformer:
    """Categories as numbers, in the first two columns."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer([("words", encoder, WORDS), ("numbers", "passthrough", NUMBERS)])


def in_words() -> Any:
    """A frame with categories as they are."""
    made = ColumnTransformer([("all", "passthrough", [*WORDS, *NUMBERS])], verbose_feature_names_out=False)
    return made.set_output(transform="pandas")


def lightgbm() -> Any:
    return pytest.importorskip("lightgbm").LGBMClassifier(**FEW, categorical_feature=[0, 1])


def xgboost() -> Any:
    kinds = {"enable_categorical": True, "feature_types": ["c", "c", "q", "q"]}
    return pytest.importorskip("xgboost").XGBClassifier(**FEW, **kinds)


def catboost() -> Any:
    return pytest.importorskip("catboost").CatBoostClassifier(**FEW, cat_features=WORDS)


@pytest.mark.parametrize(
    ("features", "make", "runtime"),
    [(coded, lightgbm, "onnx"), (coded, xgboost, "onnx"), (in_words, catboost, "python")],
    ids=["lightgbm", "xgboost", "catboost"],
)
def test_a_librarys_own_categories_answer_alike_in_the_bundle(
    features: Callable[[], Any],
    make: Callable[[], Any],
    runtime: str,
    fit: Callable[[Any, Any], Fitted],
    contract: Contract,
    parts: tuple[pd.DataFrame, pd.DataFrame],
    package: Path,
    seal_exported: Callable[[Fitted, Exported, Path], Bundle],
    tmp_path: Path,
) -> None:
    fitted = fit(features(), make())
    exported = export(fitted, contract, parts[1].iloc[:60], tmp_path / "bundle", code=package)
    assert exported.runtime == runtime, exported.reason
    bundle = seal_exported(fitted, exported, tmp_path / "bundle")
    model = open_model(bundle)
    rows = parts[1].iloc[:60].assign(citizen=["Yes", "never seen"] * 30)
    try:
        found = model.predict({column.name: rows[column.name].tolist() for column in contract.features})
    finally:
        model.close()
    wanted = judging_of(contract).ask(fitted.pipeline, model_frame(rows, contract))
    assert compare(wanted, found, contract).holds
