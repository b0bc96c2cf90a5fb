"""Export: the fitted model as ONNX where that gives the same answers, else as Python."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.bundle import Runtime
from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.core.figures import Figure
from trunkline.core.raised import raised
from trunkline.core.record import write_atomically
from trunkline.tasks import Answers, judging_of

from . import python_model
from .fit import Fitted
from .frames import model_frame
from .onnx_model import ConversionError, OnnxForm, convert
from .parity import Ask, Edge, Parity, compare, edges, rows_at

SINGLE, FEWEST_SINGLE = 2000, 20
"""The number of rows that are asked one at a time as well, and the least number where rows are wide."""
CELLS = 2_000_000
"""The most values in one request for edges; a tenth of that for single rows. It limits memory and time."""
Corners = tuple[pd.DataFrame, Answers]
"""Rows at edges of the contract, and the pipeline's answers."""


class Form(Protocol):
    """A form of the model that can be asked for many rows at once, and for one at a time."""

    def ask(self, rows: pd.DataFrame) -> Answers: ...

    def ask_each(self, rows: pd.DataFrame) -> Answers: ...


@dataclass(frozen=True)
class Exported:
    """What was written, and how it compares with the pipeline that was fitted."""

    runtime: Runtime
    model: str
    """The model's file: `model.onnx` or `model.skops`."""
    trusted_types: tuple[str, ...]
    requires: tuple[str, ...]
    parity: tuple[Figure, ...]
    """How many labels of the ONNX form differ, and the largest difference; empty for Python, compared later."""
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
    """Write the model to `folder` and return what was written; the same fitted model gives the same bytes.

    The form is ONNX if every row of `test` and every edge of the contract gets the same label and a probability within
    1e-4 (regression: relative 1e-4), for all rows at once and for single rows. Else it is skops with the user's package
    `code` (the folder `src/<package>`); the caller that seals it compares its answers. Raises ExportError when there is
    neither form, or when the model cannot answer a row that the contract allows.
    """
    say = progress or (lambda _: None)
    rows = model_frame(test, contract)
    if rows.empty:
        raise ExportError("There are no test rows to compare answers on.", next_step="take a larger snapshot")

    judging = judging_of(contract)

    def ask(given: pd.DataFrame) -> Answers:
        return judging.ask(fitted.pipeline, given, decision=fitted.decision)

    _clear(folder)
    with threadpool_limits(1):
        expected = ask(rows)
        corners = answered(ask, edges(rows, contract), rows.iloc[:1])
        try:
            content = convert(fitted.pipeline, contract)
            onnx = OnnxForm(content, contract, fitted.classes, fitted.decision)
            parity = measure(onnx, rows, expected, corners, contract)
            reason = "" if parity.holds else f"ONNX gives other answers: {parity.reason()}"
        except ConversionError as error:
            reason = f"No ONNX form: {error}"
        if not reason:
            write_atomically(folder / "model.onnx", content)
            say(f"ONNX: {parity.reason()}")
            return Exported("onnx", "model.onnx", (), (), parity.figures(), "")
        say(f"{reason}; taking the Python runtime")
        return _as_python(fitted, folder, code, reason)


def measure(
    form: Form, rows: pd.DataFrame, expected: Answers, corners: Sequence[Corners], contract: Contract
) -> Parity:
    """Return how a form compares with the expected answers: all rows at once, row by row, and at the edges."""
    parity = compare(expected, form.ask(rows), contract)
    single = min(SINGLE, max(FEWEST_SINGLE, CELLS // 10 // max(1, rows.shape[1])))
    parity += compare(expected.take(slice(single)), form.ask_each(rows.iloc[:single]), contract)
    for given, wanted in corners:
        parity += compare(wanted, form.ask(given), contract)
    return parity


def answered(ask: Ask, corners: Sequence[Edge], row: pd.DataFrame) -> list[Corners]:
    """Return rows at the edges around `row` (a model frame of one row) and the pipeline's answers, in blocks.

    Edges that both the contract and the pipeline refuse are left out. Raises ExportError that names the first edge that
    the contract allows and the pipeline cannot answer.
    """
    size = max(1, CELLS // max(1, row.shape[1]))
    found: list[Corners] = []
    for allowed in (True, False):
        some = [edge for edge in corners if edge.allowed is allowed]
        for start in range(0, len(some), size):
            block = some[start : start + size]
            given = rows_at(block, row)
            try:
                found.append((given, ask(given)))
            except Exception:
                if allowed:
                    _blame(ask, block, row)
                    raise
    return found


def _blame(ask: Ask, block: Sequence[Edge], row: pd.DataFrame) -> None:
    """Raise ExportError for the first edge of a block that the model cannot answer as a single row."""
    while len(block) > 1:
        half = block[: len(block) // 2]
        try:
            ask(rows_at(half, row))
        except Exception:
            block = half
        else:
            block = block[len(half) :]
    try:
        ask(rows_at(block, row))
    except Exception as error:
        raise ExportError(
            f"The model cannot answer a row that the contract allows ({block[0].name}): {raised(error)}.",
            next_step="impute or ignore it in features.py (handle_unknown='ignore'), or narrow contract.py "
            "(a column of times is pd.Timestamp there)",
        ) from error


def _as_python(fitted: Fitted, folder: Path, code: Path, reason: str) -> Exported:
    content = python_model.dump(fitted.pipeline)
    python_model.require_no_path(content, code.parents[1])
    types = python_model.untrusted_types(content)
    requires = python_model.requirements(types, code.name)
    # It is read back by a process of its own once it is sealed: what cannot be read may end the process that tries.
    python_model.copy_code(code, folder)
    write_atomically(folder / "model.skops", content)
    return Exported("python", "model.skops", types, requires, (), reason)


def _clear(folder: Path) -> None:
    for name in ("model.onnx", "model.skops"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "code", ignore_errors=True)
