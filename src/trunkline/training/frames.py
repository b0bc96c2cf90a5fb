"""The model frame: what an estimator sees of a contract's rows, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError
from trunkline.inputs import input_of
from trunkline.tasks import judging_of


def model_frame(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the contract's features, in order, in types that ONNX and scikit-learn read alike, and times.

    Numbers, booleans and codes become float32 (null is NaN), categories and texts `str` objects (null is ""), times
    `datetime64[us]` in UTC without a zone (null is NaT). The index counts from 0.
    Raises DataError when a feature is missing or cannot be read as its type.
    """
    names = [column.name for column in contract.features if column.name in frame.columns]
    return as_frame(encoded({name: known(frame[name]) for name in names}, contract))


def encoded(columns: Mapping[str, Sequence[object]], contract: Contract) -> dict[str, np.ndarray]:
    """Return the features of plain values, null as None, as arrays of shape (n,); see `model_frame`."""
    if missing := [column.name for column in contract.features if column.name not in columns]:
        raise DataError(
            f"The rows lack {', '.join(missing)}.", next_step="give every feature of the contract"
        )
    return {column.name: feature(columns[column.name], column) for column in contract.features}


def as_frame(arrays: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return arrays as a frame that keeps their types."""
    # pandas would make its own type of texts.
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in arrays.items()})


def known(values: pd.Series[Any]) -> list[object]:
    """Return plain values, null as None."""
    return [None if gone else value for value, gone in zip(values.tolist(), values.isna(), strict=True)]


def feature(values: Sequence[object], column: Column) -> np.ndarray:
    """Return one column of plain values as the model sees it; see `model_frame`."""
    try:
        with np.errstate(over="ignore"):
            return input_of(column).encode(values)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The column {column.name} holds a value that is not of its type: {error}.",
            next_step=f"{column.name} must be {input_of(column).rule()}",
        ) from error


def outcome(frame: pd.DataFrame, contract: Contract) -> np.ndarray:
    """Return the outcome as it is trained: labels as an object array of `str`, or float64 for regression.

    Booleans become "true" and "false", codes are int64.
    Raises DataError when the column is missing or an outcome is null.
    """
    column = contract.outcome
    if column.name not in frame.columns:
        raise DataError(f"The rows lack the outcome {column.name}.")
    values = frame[column.name]
    if empty := int(values.isna().sum()):
        raise DataError(
            f"{empty} rows have no outcome in {column.name}.",
            next_step="leave rows without an outcome out in data.py",
        )
    return judging_of(contract).outcome(values, contract)


def tensors(rows: pd.DataFrame, contract: Contract) -> dict[str, np.ndarray]:
    """Return a model frame as ONNX inputs: one array of shape (n, 1) a feature, float32 or `str` objects."""
    return {column.name: rows[column.name].to_numpy().reshape(-1, 1) for column in contract.features}


def predict_frame(
    pipeline: Any, frame: pd.DataFrame, contract: Contract
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what a fitted pipeline answers for rows of the contract.

    Predictions and, where the task has classes, probabilities of shape (n, classes) in the order of
    `pipeline.classes_`; else None.
    """
    answers = judging_of(contract).ask(pipeline, model_frame(frame, contract))
    return answers.predictions, answers.probabilities
