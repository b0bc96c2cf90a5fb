"""Fast features: the fitted steps before a model, asked without what scikit-learn makes ready anew for each request.

For one row, a ColumnTransformer and the frame it cuts cost several times what its transformers do with the values.
Transformers are asked as they are, the project's own too; those of scikit-learn that compute on an array get one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.utils.validation import check_array

from .frames import as_frame

ON_ARRAYS = frozenset(
    {
        KBinsDiscretizer,
        MaxAbsScaler,
        MinMaxScaler,
        OneHotEncoder,
        OrdinalEncoder,
        PowerTransformer,
        QuantileTransformer,
        RobustScaler,
        SimpleImputer,
        StandardScaler,
        TargetEncoder,
    }
)
"""What transforms an array as it transforms a frame of the same values, of float32 alone or of texts alone."""
ON_TEXTS = frozenset({CountVectorizer, HashingVectorizer, TfidfVectorizer})
Arrays = Mapping[str, np.ndarray]


class Rows:
    """Rows by column, as `encoded` gives them; a frame only where something asks for one."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return the model frame."""
        return as_frame(self.arrays)

    def array(self, columns: Sequence[str]) -> np.ndarray | None:
        """Return some columns as one array of shape (n, columns); None where they are of several types."""
        chosen = [self.arrays[name] for name in columns]
        if chosen[0].dtype not in (np.float32, object) or any(one.dtype != chosen[0].dtype for one in chosen):
            return None
        return np.stack(chosen, axis=1)


def speed_up(model: Any) -> Callable[[Arrays], Any]:
    """Return what makes rows for a fitted model, whose steps before the last now transform them sooner.

    Whatever is no plain pipeline with a plain ColumnTransformer at its start is left alone, and gets a frame.
    """
    config = sklearn.get_config()
    if (
        type(model) is not Pipeline
        or config["transform_output"] != "default"
        or (blocks := _blocks(model.steps[0][1])) is None
    ):
        return as_frame
    model.steps[0] = (model.steps[0][0], blocks)
    return Rows


def _blocks(step: Any) -> _Blocks | None:
    if type(step) is not ColumnTransformer or step.transformer_weights or not _plain(step):
        return None
    used = [
        (one, columns)
        for _, one, columns in step.transformers_
        if one != "drop" and not (isinstance(columns, list) and not columns)
    ]
    if not used or not all(_named(columns) and not isinstance(one, str) for one, columns in used):
        return None
    return _Blocks([_cut(one, columns) for one, columns in used], sparsely=step.sparse_output_)


def _plain(step: Any) -> bool:
    """Return whether its output is an array, as it is unless `set_output` was called."""
    return bool(getattr(step, "_sklearn_output_config", {}).get("transform", "default") == "default")


def _named(columns: object) -> bool:
    return isinstance(columns, str) or (
        isinstance(columns, list) and all(isinstance(name, str) for name in columns)
    )


def _cut(one: Any, columns: Any) -> Callable[[Rows], Any]:
    """Return what transforms the columns of some rows as a fitted transformer does."""
    if isinstance(columns, str):
        if type(one) in ON_TEXTS:
            return lambda rows: one.transform(rows.arrays[columns])
        return lambda rows: one.transform(rows.frame[columns])
    steps = (
        [step for _, step in one.steps if step not in (None, "passthrough")]
        if type(one) is Pipeline
        else [one]
    )
    if not steps or not all(map(_plain, steps)):
        return lambda rows: one.transform(rows.frame[columns])
    first, rest = steps[0], steps[1:]
    if type(first) is FunctionTransformer and first.func is None and not first.validate:
        begin: Callable[[Any], Any] = np.asarray
    elif type(first) in ON_ARRAYS:
        # It would warn that arrays have no names.
        vars(first).pop("feature_names_in_", None)
        begin = first.transform
    else:
        return lambda rows: _through(rest, first.transform(rows.frame[columns]))

    def act(rows: Rows) -> Any:
        found = rows.array(columns)
        return _through(rest, begin(rows.frame[columns].to_numpy() if found is None else found))

    return act


def _through(steps: Sequence[Any], values: Any) -> Any:
    for step in steps:
        values = step.transform(values)
    return values


class _Blocks:
    """Transformers side by side, each with its columns."""

    def __init__(self, blocks: Sequence[Callable[[Rows], Any]], *, sparsely: bool) -> None:
        self._blocks, self._sparsely = blocks, sparsely

    def transform(self, rows: Rows) -> Any:
        """Return what a ColumnTransformer returns."""
        made = [act(rows) for act in self._blocks]
        if self._sparsely:
            checked = [check_array(part, accept_sparse=True, ensure_all_finite=False) for part in made]
            return sparse.hstack(checked).tocsr()
        return np.hstack([part.toarray() if sparse.issparse(part) else part for part in made])
