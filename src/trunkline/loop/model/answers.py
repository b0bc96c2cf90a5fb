"""Answers: a bundle's model opened and asked the way users ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.errors import BundleError
from trunkline.evaluation import Scored
from trunkline.evaluation.robustness.asking import evenly
from trunkline.runtimes import Model, open_model
from trunkline.tasks import Answers, task_of

SINGLE_ROWS = 25


def columns_of(rows: pd.DataFrame, names: list[str]) -> dict[str, list[object]]:
    """Return rows by column as plain values, null as None."""
    return {
        name: [
            None if missing else value
            for value, missing in zip(rows[name].tolist(), rows[name].isna(), strict=True)
        ]
        for name in names
    }


@contextmanager
def opened(bundle: Bundle, *, hidden: Path | None = None) -> Iterator[Model]:
    """Yield a bundle's model and close it afterwards; `hidden` is a folder that it must not read."""
    model = open_model(bundle, hidden=hidden)
    try:
        yield model
    finally:
        model.close()


def ask(model: Model, rows: pd.DataFrame, contract: Contract) -> Scored:
    """Return rows with what a model answers to them, asked the way users ask."""
    answers = model.predict(columns_of(rows, [column.name for column in contract.features]))
    return Scored(
        frame=rows, labels=answers.predictions, probabilities=answers.probabilities, classes=answers.classes
    )


def independent(model: Model, rows: pd.DataFrame, contract: Contract, answers: Answers) -> bool:
    """Return whether some of the rows get exactly what they got in `answers`, where all were asked together.

    They are asked alone, and in a small batch. Sums in another order differ in their last digits: what a user gets
    must not depend on who else asks.
    """
    names = [column.name for column in contract.features]
    some = evenly(len(rows), SINGLE_ROWS)
    try:
        alone = [model.predict(columns_of(rows.iloc[[place]], names)) for place in some]
        few = model.predict(columns_of(rows.iloc[some], names))
    except BundleError:  # a gate says so
        return False
    found = [task_of(contract).apart(answers.take(some), again) for again in (Answers.joined(alone), few)]
    return not any(apart.other.any() or apart.distance.any() for apart in found)
