"""Export: the fitted model as ONNX where that gives the same answers, else as Python."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.bundle import Runtime
from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.core.figures import Figure
from trunkline.core.record import write_atomically

from . import python_model
from .fit import Fitted
from .frames import answer, model_frame
from .onnx_model import ConversionError, OnnxModel, convert
from .parity import Answers, Ask, Edge, Parity, compare, edges, one_by_one

SINGLE = 2000
"""Rows that are also asked for one at a time."""


@dataclass(frozen=True)
class Exported:
    """What was written, and how it compares with the pipeline that was fitted."""

    runtime: Runtime
    model: str
    """The model's file: `model.onnx` or `model.skops`."""
    trusted_types: tuple[str, ...]
    requires: tuple[str, ...]
    parity: tuple[Figure, ...]
    """Labels that differ and the largest difference, of the form that was written."""
    reason: str
    """Why it is not ONNX; empty if it is."""


def export(
    fitted: Fitted,
    contract: Contract,
    test: pd.DataFrame,
    folder: Path,
    *,
    code: Path,
    progress: Callable[[str], None] | None = None,
) -> Exported:
    """Write the model to `folder` and return what it became; the same fitted model gives the same bytes.

    ONNX if every row of `test` and every edge of the contract gets the same label and a probability within 1e-4
    (regression: relative 1e-4), asked for all at once and one by one; else skops with the user's package `code`
    (the folder `src/<package>`). Raises ExportError when neither gives the same answers, or when the model cannot
    answer a row that the contract allows.
    """
    say = progress or (lambda _: None)
    rows = model_frame(test, contract)
    if rows.empty:
        raise ExportError("There are no test rows to compare answers on.", next_step="take a larger snapshot")

    def ask(given: pd.DataFrame) -> Answers:
        return answer(fitted.pipeline, given, contract)

    _clear(folder)
    with threadpool_limits(1):
        expected = ask(rows)
        corners = answered(ask, edges(rows, contract))
        try:
            content = convert(fitted.pipeline, contract)
            onnx = OnnxModel(content, contract).ask
            parity = measure(onnx, rows, expected, corners)
            reason = "" if parity.holds else f"ONNX gives other answers: {parity.reason()}"
        except ConversionError as error:
            reason = f"No ONNX form: {error}"
        if not reason:
            write_atomically(folder / "model.onnx", content)
            say(f"ONNX: {parity.reason()}")
            return Exported("onnx", "model.onnx", (), (), parity.figures(), "")
        say(f"{reason}; taking the Python runtime")
        return _as_python(fitted, contract, folder, code, rows, expected, reason)


def measure(ask: Ask, rows: pd.DataFrame, expected: Answers, corners: list[tuple[Edge, Answers]]) -> Parity:
    """Return how `ask` compares with the expected answers: all rows at once, row by row, and at the edges."""
    parity = compare(expected, ask(rows))
    labels, probabilities = expected
    first = labels[:SINGLE], None if probabilities is None else probabilities[:SINGLE]
    parity += compare(first, one_by_one(ask)(rows.iloc[:SINGLE]))
    for edge, wanted in corners:
        parity += compare(wanted, ask(edge.row))
    return parity


def answered(ask: Ask, corners: list[Edge]) -> list[tuple[Edge, Answers]]:
    """Return the edges with the pipeline's answers, without those that it and the contract both refuse.

    Raises ExportError when the pipeline cannot answer a row that the contract allows.
    """
    found = []
    for edge in corners:
        try:
            found.append((edge, ask(edge.row)))
        except Exception as error:
            if edge.allowed:
                raise ExportError(
                    f"The model cannot answer a row that the contract allows ({edge.name}): "
                    f"{type(error).__name__}: {error}.",
                    next_step="impute or ignore it in features.py (handle_unknown='ignore'), or narrow contract.py",
                ) from error
    return found


def _as_python(
    fitted: Fitted,
    contract: Contract,
    folder: Path,
    code: Path,
    rows: pd.DataFrame,
    expected: Answers,
    reason: str,
) -> Exported:
    content = python_model.dump(fitted.pipeline)
    types = python_model.untrusted_types(content)
    requires = python_model.requirements(types, code.name)
    try:
        again = python_model.load(content, types)
        parity = compare(expected, answer(again, rows, contract))
    except Exception as error:
        raise ExportError(
            f"{reason}. And the Python form cannot be read back: {type(error).__name__}: {error}.",
            next_step=python_model.ADVICE,
        ) from error
    if not parity.holds:
        raise ExportError(
            f"{reason}. And the Python form gives other answers: {parity.reason()}.",
            next_step="use estimators that keep their whole state in their attributes",
        )
    python_model.copy_code(code, folder)
    write_atomically(folder / "model.skops", content)
    return Exported("python", "model.skops", types, requires, parity.figures(), reason)


def _clear(folder: Path) -> None:
    for name in ("model.onnx", "model.skops"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "code", ignore_errors=True)
