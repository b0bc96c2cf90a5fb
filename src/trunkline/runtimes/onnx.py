"""The ONNX runtime: a model in this process, the same for parity and for the service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.record import short
from trunkline.inputs import InputType, input_of
from trunkline.tasks import Answers, task_of

from .model import Columns, checked, row_count
from .session import open_session
from .terms import Terms

COLUMNS, TERMS = "trunkline.columns", "trunkline.terms"
"""What a model's metadata say: the column of each tensor, and how the runtime cuts a column of texts into terms."""
WANTED = {"float": "tensor(float)", "text": "tensor(string)", "": "no tensor"}


@dataclass(frozen=True)
class Tensor:
    """A tensor that the model takes, the column that it is made of, and how its texts are cut into terms."""

    name: str
    kind: InputType
    terms: Terms | None = None

    def of(self, values: Any) -> Any:
        """Return the tensor of encoded values, which have shape (n, 1)."""
        return values if self.terms is None else self.terms.tensor(values[:, 0])


class OnnxModel:
    """A model in ONNX Runtime: each feature is a tensor [n, 1], float32 (null is NaN) or text (null is empty).

    A model's metadata name the column of each tensor; without them it has the column's name.

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
        self._tensors = self._checked_inputs()
        self.inputs = list({tensor.kind.column.name: tensor.kind for tensor in self._tensors}.values())
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

    def _checked_inputs(self) -> list[Tensor]:
        """Return the tensors. Raises BundleError where one does not fit the contract."""
        said = self._session.get_modelmeta().custom_metadata_map
        try:
            names = json.loads(said.get(COLUMNS, "{}"))
            terms = {name: Terms(**one) for name, one in json.loads(said.get(TERMS, "{}")).items()}
        except (TypeError, ValueError, AttributeError) as error:
            raise BundleError(f"The model of {self._name} does not say what its tensors are.") from error
        features = {column.name: column for column in self._contract.features}
        found = []
        for node in self._session.get_inputs():
            name = names.get(node.name, node.name)
            if name not in features:
                raise BundleError(
                    f"The model of {self._name} wants {name}, which is no feature of its contract."
                )
            kind = input_of(features[name])
            wanted = WANTED[kind.tensor]
            if node.type != wanted:
                raise BundleError(
                    f"The model of {self._name} wants {name} as {node.type}, and the contract gives {wanted}."
                )
            found.append(Tensor(node.name, kind, terms.get(node.name)))
        outputs = self._session.get_outputs()
        least = task_of(self._contract).tensors
        if len(outputs) < least or any(not node.type.startswith("tensor(") for node in outputs[:least]):
            raise BundleError(f"The model of {self._name} does not give {least} tensors.")
        return found

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
            feed = {one.name: one.of(tensors[one.kind.column.name]) for one in self._tensors}
            found = self._session.run(self._outputs, feed)
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
