"""The ONNX form of a fitted pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, ClassVar

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.pipeline import Pipeline

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.record import write_atomically
from trunkline.inputs import input_of
from trunkline.tasks import Answers, judging_of

from ..candidate import NO_EXPORT, Export
from ..converters import ConversionError, exact
from ..converters.foreign import first_line, quiet
from ..converters.whole import NAME, describe, tensor_names
from ..export import measure
from ..fair_mixture import FairMixture
from ..frames import tensors
from ..group_thresholds import GroupThresholds
from .exporter import Exported, Job

LOCALE = "C"
"""For lower case in texts that skl2onnx converts: the default, en_US, is not on every machine."""
BLOCK = 1000
"""Rows in one request: a model of texts has a column a term."""
Conversion = Callable[[Any, Contract, Export], bytes]


class Onnx:
    """ONNX, by the first conversion that gives every row and edge the answer that is wanted."""

    code: ClassVar[bool] = False

    def export(self, job: Job) -> Exported:
        """Write `model.onnx`. Raises ConversionError when there is no such form, or it gives other answers."""
        fitted, reasons = job.fitted, []
        for conversion in LADDER:
            try:
                content = conversion(fitted.pipeline, job.contract, fitted.export)
                form = OnnxForm(content, job.contract, fitted.classes, fitted.decision)
                parity = measure(form, job.wanted, job.contract, job.allowed)
            except ConversionError as error:
                reasons.append(f"No ONNX form: {error}")
                continue
            if parity.holds:
                write_atomically(job.folder / "model.onnx", content)
                job.say(f"ONNX: {parity.reason()}")
                return Exported("onnx", "model.onnx", parity=parity)
            reasons.append(f"ONNX gives other answers: {parity.reason()}")
        # The first conversion is the one that a step with a converter of its own would mend.
        raise ConversionError("; ".join(dict.fromkeys(reasons)))

    def check(
        self,
        pipeline: Any,
        contract: Contract,
        rows: pd.DataFrame,
        *,
        classes: tuple[str, ...],
        package: str,
        export: Export = NO_EXPORT,
    ) -> int:
        """Return the model's bytes. Raises ConversionError without such a form, or without an answer to the rows."""
        reasons = []
        for conversion in LADDER:
            try:
                content = conversion(pipeline, contract, export)
                OnnxForm(content, contract, classes).ask(rows)
            except ConversionError as error:
                reasons.append(str(error))
            else:
                return len(content)
        raise ConversionError("; ".join(dict.fromkeys(reasons)))


def own(pipeline: Any, contract: Contract, export: Export = NO_EXPORT) -> bytes:
    """Return a fitted pipeline as an ONNX model by converters of our own, with doubles where the pipeline has them.

    Its tensors have neutral names; its metadata say which column each is. Outputs: the label, and for classifiers the
    probabilities of shape (n, classes). Raises ConversionError.
    """
    return exact(_plain(pipeline), contract.features, converters=export.converters, options=export.options)


def foreign(pipeline: Any, contract: Contract, export: Export = NO_EXPORT) -> bytes:
    """Return a fitted pipeline as skl2onnx converts it, in float32; otherwise as `own`."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    names = tensor_names(contract.features)
    counted = _by_place(_plain(pipeline), list(names.values()))
    kinds = {"float": FloatTensorType, "text": StringTensorType}
    inputs = [
        (name, kinds[input_of(contract.column(column)).tensor]([None, 1])) for name, column in names.items()
    ]
    options: dict[Any, Any] = {words: {"locale": LOCALE} for words in (CountVectorizer, TfidfVectorizer)}
    options |= judging_of(contract).export_options(counted) | dict(export.options)
    with quiet():
        model = convert_sklearn(counted, name=NAME, initial_types=inputs, options=options)
    model.doc_string = ""
    # skl2onnx keeps them in a set, whose order is another one in every process
    domains = sorted(model.opset_import, key=lambda needed: str(needed.domain))
    del model.opset_import[:]
    model.opset_import.extend(domains)
    describe(model, names, {})
    return bytes(model.SerializeToString(deterministic=True))


LADDER: tuple[Conversion, ...] = (own, foreign)


def _plain(pipeline: Any) -> Any:
    """Return a pipeline. Raises ConversionError where a fairness constraint stands around it."""
    if isinstance(pipeline, GroupThresholds | FairMixture):
        raise ConversionError(
            f"{type(pipeline).__name__}, which keeps the fairness constraint, is not converted"
        )
    return pipeline


def _by_place(step: Any, names: Sequence[str]) -> Any:
    """Return a pipeline whose first step takes columns by their places: skl2onnx knows neutral names alone."""
    if isinstance(step, Pipeline):
        changed = copy(step)
        (name, first), *rest = step.steps
        changed.steps = [(name, _by_place(first, names)), *rest]
        return changed
    if not isinstance(step, ColumnTransformer):
        return step
    changed = copy(step)
    changed.transformers_ = []
    for name, block, columns in step.transformers_:
        listed = [columns] if isinstance(columns, str) else columns
        if isinstance(listed, list | tuple) and all(isinstance(one, str) for one in listed):
            dropped = isinstance(block, str) and block == "drop"
            if not dropped and (times := [one for one in listed if one not in names]):
                raise ConversionError(f"ONNX has no times, and the features use {', '.join(times)}")
            columns = [names.index(one) for one in listed if one in names]
        changed.transformers_.append((name, block, columns))
    return changed


class OnnxForm:
    """The runtime's own ONNX model, asked with model frames. Raises ConversionError when it refuses the model."""

    def __init__(
        self,
        content: bytes,
        contract: Contract,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> None:
        from trunkline.runtimes.onnx import OnnxModel

        self.contract = contract
        with _refusals():
            self.model = OnnxModel(content, contract, classes=classes, decision=decision)

    def ask(self, rows: pd.DataFrame) -> Answers:
        """Return the answers to a model frame. Raises ConversionError when the runtime cannot answer."""
        given = tensors(rows, self.contract)
        with _refusals():
            parts = [
                self.model.run({name: values[place : place + BLOCK] for name, values in given.items()}, count)
                for place in range(0, max(1, len(rows)), BLOCK)
                for count in [min(BLOCK, len(rows) - place)]
            ]
        return Answers.joined(parts)

    def ask_each(self, rows: pd.DataFrame) -> Answers:
        """Return what `ask` does, asked for one row at a time: a single row takes another path.

        `rows` has at least one row. Raises ConversionError as `ask` does.
        """
        given = tensors(rows, self.contract)
        with _refusals():
            return Answers.joined(
                [
                    self.model.run({name: values[place : place + 1] for name, values in given.items()}, 1)
                    for place in range(len(rows))
                ]
            )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except BundleError as error:
        why = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise ConversionError(f"onnxruntime: {type(why).__name__}: {first_line(why)}") from error
