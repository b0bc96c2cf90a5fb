"""The figures of a model on its test part, and whether its rows can carry a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.measure.by_group import group_figures
from trunkline.measure.metrics import Metrics, row_metrics
from trunkline.measure.paired import Array, Paired
from trunkline.measure.quality import SEED, measure_all
from trunkline.measure.scorers import find_metric
from trunkline.tasks import Answers, Task, task_of

from ..fairness.groups import groups
from ..scored import users_of

FEWEST = 30
"""Rows below which no gate on performance answers."""
TEST_PART = "the test part"
MORE_ROWS = "Give the test part more rows of every outcome."
CHANCE = " The interval reaches back to the limit: it may be chance, so this stops nothing."


def measure(
    truth: Array,
    labels: Array,
    probabilities: Array | None,
    contract: Contract,
    *,
    metrics: Metrics | None = None,
    resamples: int = 1000,
    classes: Sequence[str] = (),
    names: Sequence[str] = (),
    frame: pd.DataFrame | None = None,
) -> tuple[Figure, ...]:
    """Return the standard figures of this kind of model, `names` and the project's metrics, with 95 % intervals.

    With the rows in `frame`, also the figures of each protected group and each crossing of two.
    A metric of the project's that raises has no figure; the gate `performance/metric:<name>` says why.
    """
    task, answers = task_of(contract), Answers(labels, probabilities, tuple(classes))
    own = {**row_metrics(task.metrics), **(metrics or {})}
    users = None if frame is None else users_of(frame, contract)
    paired = task.pair(truth, answers, contract, users=users)
    wanted = dict.fromkeys((*task.standard(paired), *names, *own))
    figures, _ = measure_paired(paired, tuple(wanted), own, resamples=resamples, seed=SEED)
    if frame is not None and contract.protected:
        masks = groups(frame, contract)
        values = own_values(paired, task)
        figures += group_figures(paired, masks, minimum=FEWEST, resamples=resamples, seed=SEED, own=values)
    return figures


def own_values(paired: Paired, task: Task) -> dict[str, Array]:
    """Return the task's own metrics that are measured by group, one value a row."""
    return {name: np.asarray(task.metrics[name](paired), dtype=np.float64) for name in task.grouped}


def measure_paired(
    paired: Paired, names: Sequence[str], metrics: Metrics, *, resamples: int, seed: int
) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """Return a figure for each name that has a value on these rows, and for the project's that raise, why."""
    found = [find_metric(name, metrics) for name in names]
    return measure_all(paired, found, resamples=resamples, seed=seed)


def too_few(paired: Paired, part: str = TEST_PART) -> str:
    """Return why the rows of this part are too few for any verdict on performance, empty if they are not."""
    if paired.rows < FEWEST:
        return f"{part[0].upper()}{part[1:]} has {paired.rows} rows, and fewer than {FEWEST} say nothing."
    if paired.independent < 2:
        return f"All {paired.rows:,} rows of {part} are of one user, who says nothing of others."
    return ""


def too_little(paired: Paired) -> str:
    """Return why the rows of the test part cannot carry a comparison of performance, empty if they can."""
    return too_few(paired) or (of_one_class(paired, TEST_PART) + "." if paired.only else "")


def of_one_class(paired: Paired, part: str) -> str:
    return f"All {paired.rows:,} outcomes of {part} are {paired.only}"
