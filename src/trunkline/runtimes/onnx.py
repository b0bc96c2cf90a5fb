"""The ONNX runtime: a model in this process, the same for parity and for the service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.record import short
from trunkline.inputs import input_of
from trunkline.tasks import Answers, task_of

from .model import Columns, checked, row_count
from .session import open_session

WANTED = {"float": "tensor(float)", "text": "tensor(string)", "": "no tensor"}


class OnnxModel:
    """A model in ONNX Runtime: each feature is a tensor [n, 1], float32 (null is NaN) or text (null is empty).

    `model` is a file's path or its content; errors call it the model of `name`. Raises BundleError when ONNX Runtime
    does not take it, or it does not fit the contract.
    """

    quick = True

    def __init__(
        self,
        model: str | bytes,
        contract: Contract,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
        threads: int = 1,
        name: str = "the candidate",
    ) -> None:
        self._contract, self._classes, self._decision, self._name = contract, classes, decision, name
        self._session = open_session(model, threads=threads, name=name)
        self._check_inputs()
        self.inputs = [input_of(contract.column(node.name)) for node in self._session.get_inputs()]
        self._outputs = [node.name for node in self._session.get_outputs()][: task_of(contract).tensors]

    @classmethod
    def open(cls, bundle: Bundle, *, threads: int = 1, hidden: Path | None = None) -> OnnxModel:  # noqa: ARG003
        """Return the model of a bundle; it runs no code that could read what is hidden."""
        return cls(
            str(bundle.model_file),
            bundle.contract,
            classes=bundle.manifest.classes,
            decision=bundle.manifest.decision,
            threads=threads,
            name=f"bundle {short(bundle.digest)}",
        )

    def _check_inputs(self) -> None:
        features = {column.name: column for column in self._contract.features}
        for node in self._session.get_inputs():
            if node.name not in features:
                raise BundleError(
                    f"The model of {self._name} wants {node.name}, which is no feature of its contract."
                )
            wanted = WANTED[input_of(features[node.name]).tensor]
            if node.type != wanted:
                raise BundleError(
                    f"The model of {self._name} wants {node.name} as {node.type}, and the contract gives {wanted}."
                )
        outputs = self._session.get_outputs()
        least = task_of(self._contract).tensors
        if len(outputs) < least or any(not node.type.startswith("tensor(") for node in outputs[:least]):
            raise BundleError(f"The model of {self._name} does not give {least} tensors.")

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column.

        Raises BundleError when the model fails on them.
        """
        rows = row_count(columns, self._contract.features)
        try:
            feed = {
                kind.column.name: kind.encode(columns[kind.column.name]).reshape(-1, 1)
                for kind in self.inputs
            }
        except Exception as error:
            raise self._failed(error) from error
        return self.run(feed, rows)

    def run(self, tensors: Mapping[str, Any], rows: int) -> Answers:
        """Return the answers to rows that are encoded already, an array of shape (rows, 1) an input.

        Raises BundleError when the model fails on them.
        """
        try:
            found = self._session.run(
                self._outputs, {kind.column.name: tensors[kind.column.name] for kind in self.inputs}
            )
        except Exception as error:  # see __init__
            raise self._failed(error) from error
        return checked(
            self._name, self._contract, found, rows, classes=self._classes, decision=self._decision
        )

    def _failed(self, error: Exception) -> BundleError:
        return BundleError(f"The model of {self._name} failed: {type(error).__name__}.")

    def close(self) -> None:
        """Free the session."""
        # Python frees it with the last reference, so a thread that still asks is not cut off.
