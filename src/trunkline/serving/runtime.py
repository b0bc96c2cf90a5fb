"""Opening a bundle's model and asking it, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Column
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.record import short

Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Answers:
    """What a model said of n rows.

    `predictions` has shape (n,): text labels as objects, or float64 for regression. `probabilities` has shape
    (n, len(classes)) in the order of `classes`; None for regression.
    """

    predictions: np.ndarray
    probabilities: np.ndarray | None
    classes: tuple[str, ...]
    refused: tuple[str, ...] = ()
    """Files outside the bundle that the model wanted to read and was not let."""


class Model(Protocol):
    """A loaded model."""

    quick: bool
    """Whether one row takes well under a millisecond, so that asking needs no thread of its own."""

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column, null as None.

        Raises BundleError when the model fails, and UnavailableError when its process does not answer.
        """
        ...

    def close(self) -> None:
        """Free what the model holds; closing twice changes nothing."""
        ...


def open_model(bundle: Bundle, *, threads: int = 1, hidden: Path | None = None) -> Model:
    """Return the bundle's model, loaded and ready; `hidden` is a folder that it must not read.

    The bundle must come from `open_bundle`, which compares its files with their checksums.
    Raises BundleError when the model cannot be loaded or does not fit the contract.
    """
    if bundle.manifest.runtime == "python":
        from .python_model import PythonModel

        return PythonModel(bundle, threads=threads, hidden=hidden)
    return OnnxModel(bundle, threads=threads)


def checked(bundle: Bundle, predictions: Any, probabilities: Any, rows: int) -> Answers:
    """Return raw outputs as answers.

    Raises BundleError when their shapes are wrong or a number is not finite.
    """
    classes = bundle.manifest.classes
    name = short(bundle.digest)
    if not classes:
        numbers = np.asarray(predictions, dtype=np.float64).reshape(-1)
        if numbers.shape != (rows,) or not np.isfinite(numbers).all():
            raise BundleError(f"The model of bundle {name} did not give {rows} finite numbers.")
        return Answers(numbers, None, classes)
    labels = np.array(
        [str(label) for label in np.asarray(predictions, dtype=object).reshape(-1)], dtype=object
    )
    scores = np.asarray(probabilities, dtype=np.float64)
    if labels.shape != (rows,) or scores.shape != (rows, len(classes)) or not np.isfinite(scores).all():
        raise BundleError(
            f"The model of bundle {name} did not give {rows} labels with {len(classes)} probabilities each."
        )
    if bundle.manifest.decision is not None:
        labels = decided(bundle.manifest.decision, scores, classes)
    return Answers(labels, scores, classes)


def decided(decision: Decision, scores: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return the labels that a threshold makes of probabilities of two classes.

    Raises BundleError when they are not two, or the positive one is none of them.
    """
    if len(classes) != 2 or decision.positive not in classes:
        raise BundleError(
            f"The bundle's threshold is about {decision.positive}, and its classes are {', '.join(classes)}."
        )
    labels = np.empty(len(scores), dtype=object)
    labels[:] = decision.labels(scores[:, classes.index(decision.positive)].tolist(), classes)
    return labels


def row_count(columns: Columns, features: Sequence[Column]) -> int:
    """Return how many rows the columns hold.

    Raises BundleError when a feature is missing or the columns are not of one length.
    """
    if missing := [feature.name for feature in features if feature.name not in columns]:
        raise BundleError(f"The model needs columns that were not given: {', '.join(missing)}.")
    lengths = {len(columns[feature.name]) for feature in features}
    if len(lengths) != 1:
        raise BundleError(f"The columns are of different lengths: {sorted(lengths)}.")
    return lengths.pop()


class OnnxModel:
    """A model in ONNX Runtime: each feature is a tensor [n, 1], float32 (null is NaN) or text (null is empty)."""

    quick = True

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # A spinning thread would take the processor from the one that reads requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(bundle.model_file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has no common base for its errors
            raise BundleError(
                f"ONNX Runtime cannot load {bundle.manifest.model} of bundle {short(bundle.digest)}:"
                f" {type(error).__name__}.",
                next_step="train again with the installed version of Trunkline",
            ) from error
        self._bundle = bundle
        self._check_inputs()
        self._inputs = [(node.name, node.type == "tensor(string)") for node in self._session.get_inputs()]
        self._outputs = [node.name for node in self._session.get_outputs()][
            : 2 if bundle.manifest.classes else 1
        ]

    def _check_inputs(self) -> None:
        features = {column.name: column for column in self._bundle.contract.features}
        name = short(self._bundle.digest)
        for node in self._session.get_inputs():
            if node.name not in features:
                raise BundleError(
                    f"The model of bundle {name} wants {node.name}, which is no feature of its contract."
                )
            wanted = "tensor(float)" if features[node.name].numeric else "tensor(string)"
            if node.type != wanted:
                raise BundleError(
                    f"The model of bundle {name} wants {node.name} as {node.type}, and the contract gives {wanted}."
                )
        outputs = self._session.get_outputs()
        least = 2 if self._bundle.manifest.classes else 1
        if len(outputs) < least or any(not node.type.startswith("tensor(") for node in outputs[:least]):
            raise BundleError(f"The model of bundle {name} does not give {least} tensors.")

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column.

        Raises BundleError when the model fails on them.
        """
        rows = row_count(columns, self._bundle.contract.features)
        try:
            feed = {name: _tensor(columns[name], text=text) for name, text in self._inputs}
            outputs = self._session.run(self._outputs, feed)
        except Exception as error:  # see __init__
            raise BundleError(
                f"The model of bundle {short(self._bundle.digest)} failed: {type(error).__name__}."
            ) from error
        return checked(self._bundle, outputs[0], outputs[-1], rows)

    def close(self) -> None:
        """Free the session."""
        # Python frees it with the last reference, so a thread that still asks is not cut off.


def _tensor(values: Sequence[object], *, text: bool) -> np.ndarray:
    if text:
        words = np.empty((len(values), 1), dtype=object)
        words[:, 0] = ["" if value is None else value for value in values]
        return words
    numbers: Any = [np.nan if value is None else value for value in values]
    return np.array(numbers, dtype=np.float32).reshape(-1, 1)
