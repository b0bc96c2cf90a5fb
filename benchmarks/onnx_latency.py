"""How much faster ONNX answers than the scikit-learn pipeline it came from: one row, one thread, medians.

Run: `python benchmarks/onnx_latency.py [rows ...]`. Ratios are what to compare between machines.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklego.datasets import load_arrests
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.tasks import judging_of
from trunkline.training import Candidate, model_frame, train
from trunkline.training.exporters.onnx import OnnxForm, own

YES_NO = ("No", "Yes")
CONTRACT = Contract(
    name="arrests",
    positive="Yes",
    columns=(
        Column(name="age", type="integer"),
        Column(name="checks", type="integer"),
        Column(name="employed", type="category", categories=YES_NO),
        Column(name="citizen", type="category", categories=YES_NO),
        Column(name="released", type="category", categories=YES_NO, role=Role.OUTCOME),
    ),
)
CANDIDATES = (
    Candidate("logistic regression", LogisticRegression(max_iter=500)),
    Candidate("random forest (100)", RandomForestClassifier(100, min_samples_leaf=5)),
    Candidate("hist gradient boosting (100)", HistGradientBoostingClassifier()),
)


def features() -> ColumnTransformer:
    """Return features that every candidate takes and that ONNX reproduces."""
    return ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), ["employed", "citizen"]),
            ("numbers", "passthrough", ["age", "checks"]),
        ]
    )


def median_ms(act: Callable[[], Any], repeats: int) -> float:
    """Return the median duration of `act` in milliseconds, after one call that is not counted."""
    act()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main(sizes: list[int]) -> None:
    """Print one line a candidate and number of rows."""
    rows = load_arrests(as_frame=True)
    print(f"{'model':<30}{'rows':>6}{'ONNX ms':>10}{'sklearn ms':>12}{'ratio':>8}")
    for candidate in CANDIDATES:
        fitted = train(
            rows,
            CONTRACT,
            features=features,
            candidates=[candidate],
            policy=TrainingPolicy(search=Search(folds=2, jobs=1)),
        )
        onnx = OnnxForm(own(fitted.pipeline, CONTRACT), CONTRACT, fitted.classes)
        for size in sizes:
            given: pd.DataFrame = model_frame(rows.iloc[:size], CONTRACT)
            with threadpool_limits(1):
                quick = median_ms(partial(onnx.ask, given), 300)
                slow = median_ms(partial(judging_of(CONTRACT).ask, fitted.pipeline, given), 30)
            print(f"{candidate.name:<30}{size:>6}{quick:>10.3f}{slow:>12.2f}{slow / quick:>8.0f}")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1, 1000])
