"""Real arrests: years after the reference stay quiet, planted trouble does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklego.datasets import load_arrests

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.core.signals import Signal
from trunkline.monitoring import (
    Evidence,
    Profile,
    history_data,
    reference_profile,
    watched,
    windowed,
)
from trunkline.monitoring.data import Data
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import LogWindow, Prediction

NOW = datetime(2026, 2, 1, tzinfo=UTC)
YES_NO = ("No", "Yes")
CONTRACT = Contract(
    name="arrests",
    positive="Yes",
    columns=(
        Column(name="year", type="integer", role=Role.TIME),
        Column(name="age", type="integer", unit="years", protected=True),
        Column(name="colour", type="category", role=Role.AUDIT, categories=("Black", "White")),
        Column(name="sex", type="category", role=Role.AUDIT, categories=("Female", "Male")),
        Column(name="employed", type="category", categories=YES_NO),
        Column(name="citizen", type="category", categories=YES_NO),
        Column(name="checks", type="integer"),
        Column(name="released", type="category", role=Role.OUTCOME, categories=YES_NO),
    ),
)
Answers = Callable[..., list[Prediction]]


def _design(frame: pd.DataFrame) -> Any:
    return np.c_[frame["age"], frame["checks"], frame["employed"] == "Yes", frame["citizen"] == "Yes"].astype(
        float
    )


@pytest.fixture(scope="module")
def arrests() -> pd.DataFrame:
    frame: pd.DataFrame = load_arrests(as_frame=True)
    return frame.sample(frac=1, random_state=3).reset_index(drop=True)


@pytest.fixture(scope="module")
def model(arrests: pd.DataFrame) -> Any:
    train = arrests[arrests["year"].between(1997, 1999)].iloc[600:]
    return LogisticRegression(max_iter=1000).fit(_design(train), train["released"])


@pytest.fixture(scope="module")
def reference(arrests: pd.DataFrame, model: Any) -> Profile:
    known = arrests[arrests["year"].between(1997, 1999)]
    held_out = known.iloc[:600]
    probabilities, labels = model.predict_proba(_design(held_out)), model.predict(_design(held_out))
    return reference_profile(
        {column.name: known[column.name].tolist() for column in watched(CONTRACT)},
        CONTRACT,
        labels=list(labels),
        scores=list(probabilities[:, list(model.classes_).index(CONTRACT.positive)]),
    )


@pytest.fixture(scope="module")
def answers(model: Any) -> Answers:
    def made(frame: pd.DataFrame) -> list[Prediction]:
        probabilities, labels = model.predict_proba(_design(frame)), model.predict(_design(frame))
        rows: list[dict[Any, Any]] = frame[[column.name for column in CONTRACT.logged]].to_dict("records")
        return [
            Prediction(
                id=f"p{index}",
                time=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=index),
                environment="production",
                revision="r1",
                version=1,
                bundle="sha256:one",
                arm="champion",
                inputs=row,
                outputs={
                    "prediction": str(labels[index]),
                    "probabilities": dict(
                        zip(map(str, model.classes_), map(float, probabilities[index]), strict=True)
                    ),
                },
                latency_ms=1.0,
            )
            for index, row in enumerate(rows)
        ]

    return made


def _watch(answers: list[Prediction] | tuple[Prediction, ...], reference: Profile) -> Signal:
    window = LogWindow(predictions=tuple(answers))
    evidence = Evidence("production", NOW, CONTRACT, reference=reference, window=window)
    return signal_of("data", Data(DataMonitor()), evidence)


@pytest.mark.parametrize("year", [2000, 2001])
def test_the_years_after_the_reference_are_quiet_in_every_window(
    year: int, arrests: pd.DataFrame, reference: Profile, answers: Answers
) -> None:
    logged = answers(arrests[arrests["year"] == year])
    signals = [_watch(window, reference) for window in windowed(logged, 500)]
    states = [signal.state for signal in signals]
    full = [signal.state for signal in signals if signal.rows == 500]
    assert len(full) >= 2
    assert set(full) == {"quiet"}
    # A last window of 250 rows may be too small to say.
    assert "alarm" not in states
    # `citizen` has really moved, by about half of what is tolerated: the monitor sees it and keeps quiet.
    drifts = [psi for _, psi in history_data(logged, reference, CONTRACT, 500)]
    assert all(max(psi.values()) < DataMonitor().psi for psi in drifts)
    assert all(psi["citizen"] > 0.03 for psi in drifts)


def test_a_unit_error_in_age_is_told_by_name(
    arrests: pd.DataFrame, reference: Profile, answers: Answers
) -> None:
    frame = arrests[arrests["year"] == 2001].head(500)
    signal = _watch(answers(frame.assign(age=frame["age"] // 10)), reference)
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert signal.findings[0].subject == "age"


def test_a_new_category_in_a_tenth_of_the_requests_is_told_by_name(
    arrests: pd.DataFrame, reference: Profile, answers: Answers
) -> None:
    frame = arrests[arrests["year"] == 2001].head(500).reset_index(drop=True)
    logged = answers(frame.assign(colour=frame["colour"].where(frame.index % 10 > 0, "Brown")))
    signal = _watch(logged, reference)
    assert [(one.subject, one.measure) for one in signal.findings] == [("colour", "share of unknown values")]
    assert "'Brown' 50" in signal.summary
