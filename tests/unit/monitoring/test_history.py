from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trunkline.core.contract import Contract
from trunkline.measure.metrics import LightMetric
from trunkline.monitoring import SCORE, Profile, history_data, history_performance, windowed
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.labelled import label_answers
from trunkline.tasks import task_of

Columns = dict[str, list[Any]]
Answer = Callable[..., Prediction]


def test_answers_are_cut_into_consecutive_windows_in_order_of_time(answer: Answer) -> None:
    windows = windowed([answer(minute) for minute in (4, 0, 3, 1, 2, 5, 6)], 3)
    assert [[one.id for one in window] for window in windows] == [["p0", "p1", "p2"], ["p3", "p4", "p5"]]


def test_a_last_window_of_half_the_size_is_kept(answer: Answer) -> None:
    assert [len(window) for window in windowed([answer(minute) for minute in range(6)], 4)] == [4, 2]
    assert windowed([], 4) == ()


def test_drift_begins_in_the_window_in_which_it_was_planted(
    contract: Contract,
    reference: Profile,
    draw: Callable[..., Columns],
    answers: Callable[..., tuple[Prediction, ...]],
) -> None:
    columns = draw(900, 1)
    columns["age"] = columns["age"][:600] + [age // 10 for age in columns["age"][600:]]
    logged = answers(columns)
    history = history_data(logged, reference, contract, 300)
    assert [time for time, _ in history] == [logged[299].time, logged[599].time, logged[899].time]
    assert [psi["age"] > 0.25 for _, psi in history] == [False, False, True]
    assert all(psi["income"] < 0.25 and psi[SCORE] < 0.25 for _, psi in history)


def test_quality_falls_in_the_window_in_which_outcomes_turned(
    contract: Contract, answer: Answer, truth: Callable[..., dict[str, tuple[GroundTruth, ...]]]
) -> None:
    answers = [answer(row, score=(row % 10) / 10 + 0.04) for row in range(400)]
    outcomes = {one.id: one.outputs["prediction"] for one in answers[:200]}
    outcomes |= {one.id: "No" if one.outputs["prediction"] == "Yes" else "Yes" for one in answers[200:]}
    labelled = label_answers(answers, truth(outcomes), contract, task_of(contract))
    history = history_performance(labelled, LightMetric("accuracy"), 200)
    assert [(time, figure.value) for time, figure in history] == [
        (answers[199].time, 1.0),
        (answers[399].time, 0.0),
    ]


def test_windows_without_a_value_are_left_out(
    contract: Contract, answer: Answer, truth: Callable[..., dict[str, tuple[GroundTruth, ...]]]
) -> None:
    answers = [answer(row, score=row / 10) for row in range(8)]
    outcomes = {f"p{row}": "Yes" if row in (1, 2) else "No" for row in range(8)}
    labelled = label_answers(answers, truth(outcomes), contract, task_of(contract))
    assert [time for time, _ in history_performance(labelled, LightMetric("roc_auc"), 4)] == [answers[3].time]
