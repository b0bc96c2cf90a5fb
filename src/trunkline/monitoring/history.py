"""The past in windows: one point a window, for charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.inputs import input_of
from trunkline.inputs.drift import column_drift, counts_drift
from trunkline.measure.metrics import Metric
from trunkline.measure.quality import measure_quality
from trunkline.predictions import Prediction
from trunkline.predictions.labelled import Labelled

from .profiles import Profile
from .profiling import profile_answers

SCORE = "(score)"
"""The series of the model's score; brackets keep it apart from a column of that name."""


def windowed(answers: Sequence[Prediction], size: int) -> tuple[tuple[Prediction, ...], ...]:
    """Return answers cut into consecutive windows of `size`, oldest first; a last one of less than half is left out."""
    ordered = sorted(answers, key=attrgetter("time"))
    return tuple(tuple(ordered[first:last]) for first, last in _spans(len(ordered), size))


def history_data(
    answers: Sequence[Prediction], reference: Profile, contract: Contract, size: int
) -> list[tuple[datetime, dict[str, float]]]:
    """Return for each window the time of its last answer and the noise-corrected PSI by column, `(score)` included."""
    history = []
    for window in windowed(answers, size):
        profile = profile_answers(reference, window, contract)
        shifts = {
            f"{name} ({part})" if part else name: found.psi
            for name, before in reference.columns.items()
            for part, found in column_drift(
                input_of(contract.column(name)), before, profile.columns[name]
            ).items()
        }
        scored = reference.score and profile.score and counts_drift(reference.score, profile.score)
        history.append((window[-1].time, shifts | ({SCORE: scored.psi} if scored else {})))
    return history


def history_performance(labelled: Labelled, metric: Metric, size: int) -> list[tuple[datetime, Figure]]:
    """Return for each window the time of its last answer and the metric; windows without a value are left out."""
    history = []
    for first, last in _spans(len(labelled), size):
        window = labelled.rows(first, last)
        try:
            history.append((window.times[-1], measure_quality(window.paired, metric)))
        except ValueError:
            continue
    return history


def _spans(rows: int, size: int) -> list[tuple[int, int]]:
    return [
        (first, min(first + size, rows))
        for first in range(0, rows, size)
        if min(first + size, rows) - first >= size / 2
    ]
