"""The ONNX form of a fitted pipeline."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
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

from ..export import measure
from ..fair_mixture import FairMixture
from ..frames import tensors
from ..group_thresholds import GroupThresholds
from .exporter import ConversionError, Exported, Job

GRAPH = "trunkline"
LOCALE = "C"
"""For lower case in texts. Letters beyond ASCII are left to parity, as in any other locale: tokens split there."""


class Onnx:
    """ONNX, if every row and edge that is wanted gets the same label and a probability within 1e-4."""

    code: ClassVar[bool] = False

    def export(self, job: Job) -> Exported:
        """Write `model.onnx`. Raises ConversionError when there is no such form, or it gives other answers."""
        try:
            content = convert(job.fitted.pipeline, job.contract)
            form = OnnxForm(content, job.contract, job.fitted.classes, job.fitted.decision)
            parity = measure(form, job.wanted, job.contract)
        except ConversionError as error:
            raise ConversionError(f"No ONNX form: {error}") from error
        if not parity.holds:
            raise ConversionError(f"ONNX gives other answers: {parity.reason()}")
        write_atomically(job.folder / "model.onnx", content)
        job.say(f"ONNX: {parity.reason()}")
        return Exported("onnx", "model.onnx", parity=parity.figures())

    def check(
        self, pipeline: Any, contract: Contract, rows: pd.DataFrame, *, classes: tuple[str, ...], package: str
    ) -> int:
        """Return the model's bytes. Raises ConversionError without such a form, or without an answer to the rows."""
        content = convert(pipeline, contract)
        OnnxForm(content, contract, classes).ask(rows)
        return len(content)


def convert(pipeline: Any, contract: Contract) -> bytes:
    """Return a fitted pipeline as an ONNX model; the same pipeline gives the same bytes in every process.

    One input tensor of shape (n, 1) a feature, by the column's name: float32 or string; a time that no step uses has
    none. Outputs: the label, and for
    classifiers the probabilities of shape (n, classes). Raises ConversionError.
    """
    if isinstance(pipeline, GroupThresholds | FairMixture):
        raise ConversionError(
            f"skl2onnx does not know {type(pipeline).__name__}, which keeps the fairness constraint"
        )
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    wanted = {column.name: input_of(column).tensor for column in contract.features}
    times = [name for name, tensor in wanted.items() if not tensor]
    used = _used(pipeline)
    if asked := [name for name in times if used is None or name in used]:
        raise ConversionError(f"ONNX has no times, and the features use {', '.join(asked)}")
    inputs = [
        (name, FloatTensorType([None, 1]) if tensor == "float" else StringTensorType([None, 1]))
        for name, tensor in wanted.items()
        if tensor
    ]
    # The default, en_US, is not on every machine: a model would become another one there, or not start.
    options: dict[Any, Any] = {words: {"locale": LOCALE} for words in (CountVectorizer, TfidfVectorizer)}
    options |= judging_of(contract).export_options(pipeline)
    heard = logging.getLogger("skl2onnx")
    level = heard.level
    heard.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            model = convert_sklearn(pipeline, name=GRAPH, initial_types=inputs, options=options)
    except Exception as error:
        raise ConversionError(f"skl2onnx: {type(error).__name__}: {_first_line(error)}") from error
    finally:
        heard.setLevel(level)
    _name_inputs(model, [name for name, _ in inputs])
    model.doc_string = ""
    # skl2onnx keeps them in a set, whose order is another one in every process
    domains = sorted(model.opset_import, key=lambda needed: str(needed.domain))
    del model.opset_import[:]
    model.opset_import.extend(domains)
    return bytes(model.SerializeToString(deterministic=True))


def _used(pipeline: Any) -> set[str] | None:
    """Return the columns that a pipeline's first step takes; None where it takes whatever it is given."""
    step = pipeline
    while isinstance(step, Pipeline):
        step = step.steps[0][1]
    if not isinstance(step, ColumnTransformer):
        return None
    used: set[str] = set()
    for _, block, columns in step.transformers_:
        if isinstance(block, str) and block == "drop":
            continue
        named = [columns] if isinstance(columns, str) else columns
        if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
            return None
        used.update(named)
    return used


def _name_inputs(model: Any, columns: Sequence[str]) -> None:
    """Give the inputs the columns' own names: skl2onnx writes `a_b` for `a-b`, and `_b_` for `<b>`."""
    names = {given.name: column for given, column in zip(model.graph.input, columns, strict=True)}
    if all(name == column for name, column in names.items()):
        return
    if any(part.g.node or part.graphs for node in model.graph.node for part in node.attribute):
        raise ConversionError("a part of the model refers to columns whose names skl2onnx does not keep")

    def named(inner: str) -> str:
        return names.get(inner) or (f"{GRAPH}/{inner}" if inner in columns else inner)

    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer, *model.graph.value_info):
        value.name = named(value.name)
    for node in model.graph.node:
        for ends in (node.input, node.output):
            ends[:] = [named(end) for end in ends]


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
        with _refusals():
            return self.model.run(tensors(rows, self.contract), len(rows))

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
        raise ConversionError(f"onnxruntime: {type(why).__name__}: {_first_line(why)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or "no reason given").splitlines()[0][:300]
