"""The model frame: what an estimator sees of a contract's rows, and what it answers."""

from __future__ import annotations

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
    missing = [column.name for column in contract.features if column.name not in frame.columns]
    if missing:
        raise DataError(
            f"The rows lack {', '.join(missing)}.", next_step="give every feature of the contract"
        )
    return pd.DataFrame({column.name: feature(frame[column.name], column) for column in contract.features})


def feature(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Return one column as the model sees it; see `model_frame`."""
    known = [None if gone else value for value, gone in zip(values.tolist(), values.isna(), strict=True)]
    try:
        with np.errstate(over="ignore"):
            encoded = input_of(column).encode(known)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The column {column.name} holds a value that is not of its type: {error}.",
            next_step=f"{column.name} must be {input_of(column).rule()}",
        ) from error
    # pandas would make its own type of texts.
    return pd.Series(encoded, dtype=encoded.dtype)


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
