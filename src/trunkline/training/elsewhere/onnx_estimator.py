"""A model's ONNX file in the shape of a fitted estimator, so that it is judged, exported and served as any other is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone

from trunkline.runtimes.tensors import Session, Tensors, chances, detected

_open: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()
"""Open sessions, beside the models: one cannot be written."""


class OnnxEstimator(BaseEstimator):  # type: ignore[misc]
    """What answers by an ONNX file; only its transformers learn from rows.

    `tensors` is the record of that name as JSON types, `transformers` fill the tensors that it leaves out, `answer`
    makes probabilities or values of all outputs by name, where it is set.
    """

    def __init__(
        self,
        content: bytes,
        tensors: Mapping[str, Any],
        transformers: Mapping[str, Any] | None = None,
        answer: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self.content = content
        self.tensors = tensors
        self.transformers = transformers
        self.answer = answer

    def fit(self, X: pd.DataFrame, y: Any = None) -> OnnxEstimator:
        """Fit the transformers; the file stays as it is."""
        self.transformers_ = {name: clone(one).fit(X, y) for name, one in (self.transformers or {}).items()}
        return self

    def outputs(self, X: pd.DataFrame) -> tuple[Tensors, dict[str, Any]]:
        """Return how the file is asked, and all its outputs for rows of a model frame."""
        tensors, session = Tensors.model_validate(self.tensors), self._session()
        given = {name: one.transform(X) for name, one in self.transformers_.items()}
        given |= {name: _stacked(X, fields) for name, fields in tensors.inputs.items() if fields}
        return tensors, session.run(
            {name: session.shaped(name, _dense(some)) for name, some in given.items()}
        )

    def _session(self) -> Session:
        if self not in _open:
            _open[self] = Session(self.content)
        return _open[self]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "transformers_")


class OnnxClassifier(ClassifierMixin, OnnxEstimator):  # type: ignore[misc]
    """The same for classes, which it names in the order of its probabilities."""

    @property
    def classes_(self) -> np.ndarray[Any, Any]:
        """Return the classes, as `str` objects."""
        return np.array([*self.tensors["columns"]], dtype=object)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return probabilities of shape (rows, classes). Raises ValueError when the file gives none."""
        tensors, outputs = self.outputs(X)
        if self.answer is None:
            return chances(np.asarray(outputs[tensors.output]), tensors)
        made = tensors.model_copy(update={"part": "probabilities", "output": "answer"})
        return chances(np.asarray(self.answer(outputs)), made)

    def predict(self, X: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class OnnxRegressor(RegressorMixin, OnnxEstimator):  # type: ignore[misc]
    """The same for numbers."""

    def predict(self, X: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return one number a row."""
        tensors, outputs = self.outputs(X)
        found = outputs[tensors.output] if self.answer is None else self.answer(outputs)
        return np.asarray(found, dtype=np.float64).reshape(len(X), -1)[:, 0]


class OnnxDetector(OnnxEstimator):
    """The same for boxes in pictures."""

    def predict(self, X: pd.DataFrame) -> list[list[dict[str, Any]]]:
        """Return the boxes of each picture."""
        tensors = Tensors.model_validate(self.tensors)
        if tensors.picture is None:
            raise ValueError("nothing says how pictures become boxes")
        parts = detected(self._session(), tensors, X[tensors.picture.field].tolist())
        names = ("class", "box", "score")
        return [
            [dict(zip(names, one, strict=True)) for one in zip(*row, strict=True)]
            for row in zip(*parts, strict=True)
        ]


def _stacked(X: pd.DataFrame, fields: tuple[str, ...]) -> np.ndarray[Any, Any]:
    return np.stack([X[name].to_numpy() for name in fields], axis=1)


def _dense(values: Any) -> Any:
    return values.toarray() if hasattr(values, "toarray") else values
