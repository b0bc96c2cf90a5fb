"""Export: the fitted model as ONNX where that gives the same answers, else as Python."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.core.plugins import OURS, plugin
from trunkline.core.policy.training import PARITY, ParityPolicy
from trunkline.core.raised import raised
from trunkline.tasks import Answers, judging_of

from .exporters.exporter import ConversionError, Corners, Exported, Exporter, Job, Wanted
from .fit import Fitted
from .frames import model_frame
from .parity import Ask, Edge, Parity, compare, edges, rows_at

SINGLE, FEWEST_SINGLE = 2000, 20
"""The number of rows that are asked one at a time as well, and the least number where rows are wide."""
CELLS = 2_000_000
"""The most values in one request for edges; a tenth of that for single rows. It limits memory and time."""


class Form(Protocol):
    """A form of the model that can be asked for many rows at once, and for one at a time."""

    def ask(self, rows: pd.DataFrame) -> Answers: ...

    def ask_each(self, rows: pd.DataFrame) -> Answers: ...


def export(
    fitted: Fitted,
    contract: Contract,
    test: pd.DataFrame,
    folder: Path,
    *,
    code: Path,
    allowed: ParityPolicy = PARITY,
    progress: Callable[[str], None] | None = None,
    table: Mapping[str, Mapping[str, str]] = OURS,
) -> Exported:
    """Write the model to `folder` and return what was written; the same fitted model gives the same bytes.

    The form is the first of the exporters' in `table` that gives the rows of `test` and every edge of the contract
    the same answer, as far as `allowed` says, for all rows at once and for single rows.
    The Python form, with the user's package `code` (the folder `src/<package>`), is compared by the caller that seals
    it. Raises ExportError when there is no form, or when the model cannot answer a row that the contract allows.
    """
    say = progress or (lambda _: None)
    rows = model_frame(test, contract)
    if rows.empty:
        raise ExportError("There are no test rows to compare answers on.", next_step="take a larger snapshot")

    judging = judging_of(contract)

    def ask(given: pd.DataFrame) -> Answers:
        return judging.ask(fitted.pipeline, given, decision=fitted.decision)

    _clear(folder)
    reasons: list[str] = []
    with threadpool_limits(1):
        wanted = Wanted(rows, ask(rows), answered(ask, edges(rows, contract), rows.iloc[:1]))
        job = Job(fitted, contract, wanted, folder, code, say, allowed)
        for name in table["exporters"]:
            form: Exporter = plugin("exporters", name, table=table)()
            try:
                exported = form.export(job)
            except ConversionError as error:
                if str(error):  # else the form is of other models
                    reasons.append(str(error))
                    say(reasons[-1])
            else:
                return replace(exported, reason="; ".join(reasons))
    raise ExportError(f"The model has no form: {'; '.join(reasons)}.", next_step="choose another estimator")


def measure(
    form: Form,
    wanted: Wanted,
    contract: Contract,
    allowed: ParityPolicy = PARITY,
) -> Parity:
    """Return how a form compares with what is wanted: all rows at once, row by row, and at the edges."""
    rows, expected = wanted.rows, wanted.expected
    parity = compare(expected, form.ask(rows), contract, allowed)
    single = min(SINGLE, max(FEWEST_SINGLE, CELLS // 10 // max(1, rows.shape[1])))
    parity += compare(expected.take(slice(single)), form.ask_each(rows.iloc[:single]), contract, allowed)
    for given, answers in wanted.corners:
        parity += compare(answers, form.ask(given), contract, allowed, edge=True)
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


def _clear(folder: Path) -> None:
    for name in ("model.onnx", "model.skops"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "code", ignore_errors=True)
