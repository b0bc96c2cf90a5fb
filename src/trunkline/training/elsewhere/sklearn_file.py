"""A fitted scikit-learn model from a file: reading it runs code, so it is read only once its digest was compared."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.raised import raised

from .files import kind_of
from .trained import Trained


def adopted(trained: Trained, path: Path, rows: pd.DataFrame, contract: Contract) -> Any:
    """Return a fitted model for rows of a model frame. The file's digest must have been compared just now.

    Raises ProjectError when it cannot be read here, was not fitted, or wants other columns than the contract has.
    """
    model = _read(trained, path)
    if trained.outputs or trained.answer:
        _refuse(trained, "`outputs` and `answer` are for tensors", "leave them out")
    if not callable(getattr(model, "predict", None)):
        _refuse(
            trained,
            f"the file holds a {type(model).__name__}, which does not predict",
            "bring the whole pipeline",
        )
    try:
        check_is_fitted(model)
    except (NotFittedError, TypeError) as error:
        raise ProjectError(
            f"Trained model {trained.name}: the {type(model).__name__} in {trained.file} was not fitted.",
            next_step="save it after fit, or offer it as a Candidate in model.py",
        ) from error
    if labels := trained.labels():
        model = RenamedClassifier(model, [*labels])
    return _with_inputs(trained, model, rows, contract)


def _read(trained: Trained, path: Path) -> Any:
    with warnings.catch_warnings():
        # Such a model may answer otherwise, in silence.
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            if kind_of(path, trained) == "skops":
                import skops.io

                return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
            return joblib.load(path)
        except InconsistentVersionWarning as error:
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} was written by scikit-learn "
                f"{error.original_sklearn_version}, and {error.current_sklearn_version} is installed: its answers may "
                "be others.",
                next_step="write it again with that version, or bring it as ONNX",
            ) from error
        except ModuleNotFoundError as error:
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} needs the module {error.name}, which is not here.",
                value=error.name,
                next_step="add its package to requirements/train.in and `make lock`, or move its code into the "
                "project's package and save the model again",
            ) from error
        except (Exception, SystemExit) as error:
            raise ProjectError(
                f"Trained model {trained.name}: {trained.file} cannot be read: {raised(error)}.",
                next_step="write it again with the versions that requirements/train.txt names, or bring it as ONNX",
            ) from error


def _with_inputs(trained: Trained, model: Any, rows: pd.DataFrame, contract: Contract) -> Any:
    """Return the model behind what makes its columns of the contract's."""
    given = trained.inputs
    if isinstance(given, Mapping):
        _refuse(trained, "`inputs` maps tensors, and a scikit-learn model has none", "give a list of fields")
    if callable(given):
        return Pipeline([("features", given().fit(rows)), ("model", model)])
    known = [column.name for column in contract.features]
    learned = [str(name) for name in getattr(model, "feature_names_in_", ())]
    wanted = list(given) if given is not None else learned or known
    if strange := [name for name in wanted if name not in known]:
        raise ProjectError(
            f"Trained model {trained.name}: it wants {', '.join(wanted)}, and the contract has no feature "
            f"{', '.join(strange)}.",
            value=strange,
            next_step="name the contract's columns alike, or make them in features.py and give inputs=features",
        )
    count = getattr(model, "n_features_in_", len(wanted))
    if count != len(wanted):
        raise ProjectError(
            f"Trained model {trained.name}: it learned {count} columns, and {len(wanted)} are given: "
            f"{', '.join(wanted)}.",
            next_step="list the fields in its order: inputs=[...] in model.py",
        )
    if wanted == known and (learned or given is None):
        return model
    chosen = ColumnTransformer([("fields", "passthrough", wanted)], verbose_feature_names_out=False)
    if learned:
        chosen.set_output(transform="pandas")
    return Pipeline([("features", chosen.fit(rows)), ("model", model)])


def _refuse(trained: Trained, what: str, advice: str) -> None:
    raise ProjectError(f"Trained model {trained.name}: {what}.", next_step=f"{advice}, in model.py")


class RenamedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier whose classes have the contract's names, in the order of its own."""

    def __init__(self, model: Any, names: list[str]) -> None:
        self.model = model
        self.names = names

    def fit(self, X: Any, y: Any = None) -> RenamedClassifier:  # noqa: ARG002
        """Leave it as it is: scikit-learn asks of every estimator that it can be fitted."""
        return self

    @property
    def classes_(self) -> np.ndarray[Any, Any]:
        """Return the contract's names."""
        return np.array(self.names, dtype=object)

    @property
    def feature_names_in_(self) -> Any:
        """Return the columns that the model learned by name."""
        return self.model.feature_names_in_

    @property
    def n_features_in_(self) -> int:
        """Return how many columns the model learned."""
        return int(self.model.n_features_in_)

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return what the model does."""
        return np.asarray(self.model.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the model's own label, by its new name."""
        places = {label: place for place, label in enumerate(self.model.classes_)}
        return self.classes_[[places[label] for label in self.model.predict(X)]]

    def __sklearn_is_fitted__(self) -> bool:
        return True
