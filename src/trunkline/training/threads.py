"""Threads: a fitted model answers in one, on every machine."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator


def answer_in_one_thread(model: Any) -> None:
    """Set `n_jobs` to 1 in a fitted model and in all fitted parts of it.

    A forest adds its trees up in whichever order the threads end, so the last digits would differ; threads that are
    started for one row cost more than they save; and for LightGBM and XGBoost no number means all processors.
    """
    _walk(model, set())


def _walk(part: Any, seen: set[int]) -> None:
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, BaseEstimator):
        held = vars(part)
        if "n_jobs" in held:
            part.n_jobs = 1
        inner = list(held.values())
    elif isinstance(part, dict):
        inner = list(part.values())
    elif isinstance(part, list | tuple):
        inner = list(part)
    else:
        # What is no estimator of its own may hold some, as each fold of a calibration does.
        inner = [
            value for value in getattr(part, "__dict__", {}).values() if isinstance(value, BaseEstimator)
        ]
    for one in inner:
        _walk(one, seen)
