"""The runtime of a model's ONNX file that was trained elsewhere: the very file, with tensors of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.record import short
from trunkline.tasks import Answers

from .model import Columns, checked, row_count
from .tensors import TENSORS_FILE, Session, Tensors, detected, encoded, filled, raw_answer


class OnnxFileModel:
    """A file whose tensors the contract's fields fill. Raises BundleError when ONNX Runtime does not take it."""

    quick = True

    def __init__(
        self,
        model: str | bytes,
        tensors: Tensors,
        contract: Contract,
        *,
        decision: Decision | None = None,
        threads: int = 1,
        name: str = "the candidate",
    ) -> None:
        self._tensors, self._contract, self._decision, self._name = tensors, contract, decision, name
        self._session = Session(model, threads=threads, name=name)

    @classmethod
    def open(cls, bundle: Bundle, *, threads: int = 1, hidden: Path | None = None) -> OnnxFileModel:  # noqa: ARG003
        """Return the model of a bundle; it runs no code that could read what is hidden."""
        return cls(
            str(bundle.model_file),
            Tensors.read(bundle.folder / TENSORS_FILE, error=BundleError),
            bundle.contract,
            decision=bundle.manifest.decision,
            threads=threads,
            name=f"bundle {short(bundle.digest)}",
        )

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column.

        Raises BundleError when the model fails on them.
        """
        rows = row_count(columns, self._contract.features)
        try:
            raw = self._raw(columns)
        except Exception as error:  # ONNX Runtime has no common base for its errors
            raise BundleError(f"The model of {self._name} failed: {type(error).__name__}: {error}") from error
        return checked(
            self._name, self._contract, raw, rows, classes=self._tensors.columns, decision=self._decision
        )

    def _raw(self, columns: Columns) -> list[Any]:
        if self._tensors.picture is not None:
            return detected(self._session, self._tensors, columns[self._tensors.picture.field])
        given = filled(self._session, self._tensors, encoded(columns, self._contract, self._tensors))
        return raw_answer(self._tensors, self._session.run(given))

    def close(self) -> None:
        """Free the session."""
        # Python frees it with the last reference, so a thread that still asks is not cut off.
