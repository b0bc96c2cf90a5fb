from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklego.datasets import load_arrests

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.training import Candidate, Fitted, export, train
from trunkline.training.exporters.exporter import Exported

YES_NO = ("No", "Yes")
FEATURES = """
from sklearn.base import BaseEstimator, TransformerMixin


def doubled(frame):
    return frame * 2


class Ages(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.oldest_ = float(X.to_numpy().max())
        return self

    def transform(self, X):
        print("a stray word")
        return X.to_numpy() / self.oldest_
"""


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The arrests, with the columns that a model sees."""
    return Contract(
        name="arrests",
        positive="Yes",
        columns=(
            Column(name="age", type="integer", unit="years", minimum=10, maximum=90),
            Column(name="employed", type="category", categories=YES_NO),
            Column(name="citizen", type="category", categories=YES_NO),
            Column(name="checks", type="integer", minimum=0, maximum=6),
            Column(name="released", type="category", categories=YES_NO, role=Role.OUTCOME),
        ),
    )


@pytest.fixture(scope="session")
def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Development and test rows of the arrests."""
    rows = load_arrests(as_frame=True)
    return rows.iloc[:3000], rows.iloc[3000:3800]


def plain() -> ColumnTransformer:
    """Features without scaling."""
    return ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), ["employed", "citizen"]),
            ("numbers", "passthrough", ["age", "checks"]),
        ]
    )


def scaled() -> ColumnTransformer:
    """Features with scaled numbers."""
    return plain().set_params(numbers=StandardScaler())


def ordinal() -> ColumnTransformer:
    """Features with categories as numbers, in the first two columns."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return plain().set_params(words=encoder)


SHAPES: dict[str, Callable[[], ColumnTransformer]] = {"plain": plain, "scaled": scaled, "ordinal": ordinal}


@pytest.fixture
def fit(contract: Contract, parts: tuple[pd.DataFrame, pd.DataFrame]) -> Callable[[str | Any, Any], Fitted]:
    """Fit an estimator behind one of the shapes of features, or behind a transformer of the test's own."""

    def run(features: str | Any, estimator: Any) -> Fitted:
        return train(
            parts[0],
            contract,
            features=SHAPES[features] if isinstance(features, str) else lambda: features,
            candidates=[Candidate("one", estimator)],
            policy=TrainingPolicy(search=Search(folds=2, jobs=1)),
        )

    return run


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A user's package, importable in this process, with a transformer and a function of its own."""
    folder = tmp_path / "project" / "src" / "arrests_example"
    (folder / "parts" / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "features.py").write_text(FEATURES)
    (folder / "parts" / "more.py").write_text("ONE = 1\n")
    (folder / "parts" / "__pycache__" / "more.py").write_text("")
    sys.path.insert(0, str(folder.parent))
    yield folder
    sys.path.remove(str(folder.parent))
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


@pytest.fixture
def own(package: Path) -> Any:
    """Features that need the user's package."""
    module = __import__(f"{package.name}.features", fromlist=["Ages"])
    return make_pipeline(ColumnTransformer([("ages", module.Ages(), ["age", "checks"])]))


@pytest.fixture
def seal_exported(contract: Contract) -> Callable[[Fitted, Exported, Path], Bundle]:
    """Seal what an exporter wrote into a folder as a bundle."""
    none = "sha256:" + "0" * 64

    def run(fitted: Fitted, exported: Exported, folder: Path) -> Bundle:
        contract.write(folder / "contract.json")
        return seal(
            folder,
            BundleManifest(
                name="arrests",
                runtime=exported.runtime,
                model=exported.model,
                classes=fitted.classes,
                trusted_types=exported.trusted_types,
                requires=exported.requires,
                figures=(),
                lineage=Lineage(
                    commit="c", snapshot=none, training_key=none, code=none, policy=none, lock=none,
                    toolkit="0", candidate=fitted.candidate, settings=fitted.settings,
                ),
                files={},
            ),
        )  # fmt: skip

    return run


@pytest.fixture
def sealed(
    tmp_path: Path,
    contract: Contract,
    parts: tuple[pd.DataFrame, pd.DataFrame],
    package: Path,
    seal_exported: Callable[[Fitted, Exported, Path], Bundle],
) -> Callable[[Fitted], Bundle]:
    """Export a fitted model and seal it as a bundle."""

    def run(fitted: Fitted) -> Bundle:
        folder = tmp_path / "bundle"
        return seal_exported(fitted, export(fitted, contract, parts[1], folder, code=package), folder)

    return run
