"""Opening a bundle's model and asking it, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import onnxruntime

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Column
from trunkline.core.errors import BundleError
from trunkline.core.record import short
from trunkline.inputs import input_of
from trunkline.tasks import Answers, task_of

Columns = Mapping[str, Sequence[object]]
WANTED = {"float": "tensor(float)", "text": "tensor(string)", "": "no tensor"}


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


def checked(bundle: Bundle, raw: Sequence[Any], rows: int) -> Answers:
    """Return raw outputs as answers of the contract's task.

    Raises BundleError when they are none, as with wrong shapes or a number that is not finite.
    """
    manifest = bundle.manifest
    try:
        return task_of(bundle.contract).checked(
            raw, rows, classes=manifest.classes, decision=manifest.decision
        )
    except ValueError as error:
        raise BundleError(f"The model of bundle {short(bundle.digest)} did not give {error}.") from error


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
        self._inputs = [input_of(bundle.contract.column(node.name)) for node in self._session.get_inputs()]
        tensors = task_of(bundle.contract).tensors
        self._outputs = [node.name for node in self._session.get_outputs()][:tensors]

    def _check_inputs(self) -> None:
        features = {column.name: column for column in self._bundle.contract.features}
        name = short(self._bundle.digest)
        for node in self._session.get_inputs():
            if node.name not in features:
                raise BundleError(
                    f"The model of bundle {name} wants {node.name}, which is no feature of its contract."
                )
            wanted = WANTED[input_of(features[node.name]).tensor]
            if node.type != wanted:
                raise BundleError(
                    f"The model of bundle {name} wants {node.name} as {node.type}, and the contract gives {wanted}."
                )
        outputs = self._session.get_outputs()
        least = task_of(self._bundle.contract).tensors
        if len(outputs) < least or any(not node.type.startswith("tensor(") for node in outputs[:least]):
            raise BundleError(f"The model of bundle {name} does not give {least} tensors.")

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column.

        Raises BundleError when the model fails on them.
        """
        rows = row_count(columns, self._bundle.contract.features)
        try:
            feed = {
                kind.column.name: kind.encode(columns[kind.column.name]).reshape(-1, 1)
                for kind in self._inputs
            }
            outputs = self._session.run(self._outputs, feed)
        except Exception as error:  # see __init__
            raise BundleError(
                f"The model of bundle {short(self._bundle.digest)} failed: {type(error).__name__}."
            ) from error
        return checked(self._bundle, outputs, rows)

    def close(self) -> None:
        """Free the session."""
        # Python frees it with the last reference, so a thread that still asks is not cut off.
