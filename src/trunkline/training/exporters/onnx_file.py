"""The form of a model's ONNX file that was trained elsewhere: the file itself, where no code stands around it."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.record import write_atomically
from trunkline.runtimes.onnx_file import OnnxFileModel
from trunkline.runtimes.tensors import TENSORS_FILE, Tensors
from trunkline.tasks import Answers

from ..candidate import Export
from ..elsewhere.onnx_estimator import OnnxEstimator
from ..export import measure
from .exporter import ConversionError, Exported, Job


class OnnxFile:
    """The file as it was brought; answers are compared as of any form."""

    code: ClassVar[bool] = False

    def export(self, job: Job) -> Exported:
        """Write `model.onnx`, with the digest that it had, and `tensors.json`.

        Raises ConversionError for every other model, and where features or the answer are made by code.
        """
        content, tensors = _of(job.fitted.pipeline)
        form = _Form(content, tensors, job.contract, job.fitted.decision)
        parity = measure(form, job.wanted, job.contract, job.allowed)
        if not parity.holds:
            raise ConversionError(f"The file itself gives other answers: {parity.reason()}")
        write_atomically(job.folder / "model.onnx", content)
        tensors.write(job.folder / TENSORS_FILE)
        job.say("taking the ONNX file as it is")
        return Exported("onnx-file", "model.onnx", parity=parity)

    def check(
        self,
        pipeline: Any,
        contract: Contract,
        rows: pd.DataFrame,
        *,
        classes: tuple[str, ...],
        package: str,
        export: Export,
    ) -> int:
        """Return the file's bytes. Raises ConversionError as `export` does."""
        content, tensors = _of(pipeline)
        _Form(content, tensors, contract, None).ask(rows)
        return len(content)


def _of(pipeline: Any) -> tuple[bytes, Tensors]:
    if not isinstance(pipeline, OnnxEstimator):
        raise ConversionError("")
    if pipeline.transformers or pipeline.answer:
        raise ConversionError("Code of the project stands around the ONNX file")
    return pipeline.content, Tensors.model_validate(pipeline.tensors)


class _Form:
    def __init__(self, content: bytes, tensors: Tensors, contract: Contract, decision: Any) -> None:
        self._fields = [column.name for column in contract.features]
        self._model = OnnxFileModel(content, tensors, contract, decision=decision)

    def ask(self, rows: pd.DataFrame) -> Answers:
        return self._model.predict({name: rows[name].tolist() for name in self._fields})

    def ask_each(self, rows: pd.DataFrame) -> Answers:
        return Answers.joined([self.ask(rows.iloc[place : place + 1]) for place in range(len(rows))])
