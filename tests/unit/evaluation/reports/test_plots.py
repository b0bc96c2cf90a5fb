from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.reports.plots import finding_plots, plots, room_of_plot
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.paired import Paired

SPAN = Interval(low=-0.1, high=0.2)
DIFFERENCE = Figure(name="difference:roc_auc", value=0.1, rows=300, interval=SPAN)
CHAMPION = Verdict(gate="performance/champion", outcome="pass", reason="", figures=(DIFFERENCE,))


def evaluation(*figures: Figure, verdicts: tuple[Verdict, ...] = (CHAMPION,)) -> Evaluation:
    return Evaluation(
        bundle="b",
        snapshot="s",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=figures,
        verdicts=verdicts,
    )


def test_a_classifier_has_its_plots_with_the_same_bytes_each_time(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    test, champion = (pair_scored(answer(rows(300), noise=noise), contract) for noise in (0.0, 0.5))
    group = Figure(name="selection_rate", value=0.5, rows=100, interval=SPAN, group="sex=Male")

    found = plots(evaluation(group), test, champion)

    assert list(found) == [
        "roc",
        "precision-recall",
        "calibration",
        "confusion",
        "champion",
        "groups-selection-rate",
    ]
    for picture in found.values():
        assert ElementTree.fromstring(picture).tag.endswith("svg")  # noqa: S314 - our own picture
    assert plots(evaluation(group), test, champion) == found


def test_a_test_part_of_one_class_has_no_curves() -> None:
    one = np.ones(50, dtype=int)

    found = plots(evaluation(), Paired(one, one, np.full((50, 2), 0.5), ("No", "Yes"), 1), None)

    assert list(found) == ["confusion", "champion"]


def test_a_regression_has_residuals() -> None:
    truth = np.random.default_rng(0).normal(size=5000)

    found = plots(evaluation(), Paired(truth, truth + 0.1, None), Paired(truth, truth - 0.1, None))

    assert list(found) == ["predicted", "residuals", "residuals-by-answer", "champion"]


def test_what_the_gates_found_is_drawn_for_the_page() -> None:
    crossed = Figure(name="accuracy", value=0.5, rows=60, interval=SPAN, group="age=1 & sex=f")
    alone = crossed.model_copy(update={"group": "sex=f"})
    weak = Verdict(
        gate="slices/weak",
        outcome="fail",
        reason="",
        figures=(DIFFERENCE.model_copy(update={"group": "a < 1"}),),
    )

    found = finding_plots(evaluation(crossed, alone, verdicts=(CHAMPION, weak)))

    assert list(found) == ["crossings-accuracy", "slices-weak"]
    assert finding_plots(evaluation()) == {}


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("roc", "performance"),
        ("precision-recall", "performance"),
        ("champion", "performance"),
        ("groups-selection-rate", "fairness"),
        ("crossings-accuracy", "fairness"),
        ("fairness-champion", "fairness"),
        ("slices-weak", "slices"),
        ("robustness-falls", "robustness"),
        ("load-latency", "load"),
    ],
)
def test_a_plot_belongs_to_the_room_of_its_gates(name: str, room: str) -> None:
    assert room_of_plot(name) == room
