"""Tasks that are one file and one line in the table: their answers are logged, their truth told, judged, profiled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance.tasks import TaskConformance

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.plugins import OURS
from trunkline.measure.metrics import row_metrics
from trunkline.measure.quality import measure_quality
from trunkline.measure.scorers import find_metric
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.ground_truth import events_of, record_truth
from trunkline.predictions.labelled import label_answers
from trunkline.predictions.reader import LogReader
from trunkline.predictions.writer import LogWriter
from trunkline.tasks import Task, task_of

TABLE = {
    **OURS,
    "tasks": {
        **OURS["tasks"],
        "toy-detection": "toys.detection:Detection",
        "toy-ranking": "toys.ranking:Ranking",
    },
}
REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def contract_of(name: str, outcome: Column) -> Contract:
    return Contract(name=name, answer=name, columns=(Column(name="x", type="number"), outcome))


@pytest.fixture
def task(contract: Contract) -> Task:
    return task_of(contract, table=TABLE)


class TestRanking(TaskConformance):
    @pytest.fixture
    def contract(self) -> Contract:
        return contract_of("toy-ranking", Column(name="clicked", type="boolean", role=Role.OUTCOME))

    @pytest.fixture
    def raw(self) -> list[Any]:
        items = np.array([["a", "b"], ["b", "a"], ["c", "a"]], dtype=object)
        return [items, np.array([[0.9, 0.5], [0.7, 0.2], [0.6, 0.1]])]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"a": True, "b": False}, {"a": True, "b": False}, {"d": True}]

    def test_clicks_that_come_late_and_again_make_its_figures(
        self, task: Task, contract: Contract, log: list[Prediction], tmp_path: Path
    ) -> None:
        writer = LogWriter(tmp_path / "log")
        writer.append(log)
        writer.close()
        truth = tmp_path / "truth.jsonl"
        for hour, (answer, item, value) in enumerate(
            [("p0", "b", False), ("p1", "a", True), ("p0", "b", True), ("p2", "c", False)]
        ):
            event = GroundTruth(prediction=answer, item=item, value=value, time=NOW.replace(hour=hour))
            record_truth(truth, [event])

        logged = LogReader(tmp_path / "log").newest(10).predictions
        labelled = label_answers(logged, events_of(truth, ["p0", "p1", "p2"]), contract, task)
        metric = find_metric("reciprocal_rank", row_metrics(task.metrics))
        figure = measure_quality(labelled.paired, metric)

        assert figure.value == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
        assert figure.interval is not None
        watched = task.watched(task.answers([one.outputs for one in logged], contract), contract)
        assert sorted(watched.labels or ()) == ["a", "b", "c"]
        assert watched.scores.max() == 0.9


class TestDetection(TaskConformance):
    @pytest.fixture
    def contract(self) -> Contract:
        return contract_of("toy-detection", Column(name="object", type="text", role=Role.OUTCOME))

    @pytest.fixture
    def raw(self) -> list[Any]:
        cat, dog = [0.0, 0.0, 10.0, 8.0], [5.0, 5.0, 9.0, 9.0]
        return [[["cat", "dog"], [], ["dog"]], [[cat, dog], [], [dog]], [[0.9, 0.4], [], [0.3]]]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"1": "cat 0 0 10 10", "2": "dog 5 5 9 10"}, {"1": "cat 0 0 1 1"}, {"1": "cat 0 0 9 9"}]

    def test_a_picture_without_boxes_is_an_answer_too(
        self, task: Task, contract: Contract, raw: Sequence[Any]
    ) -> None:
        answers = task.checked(raw, 3)
        assert task.outputs(answers, contract)[1] == {"prediction": []}
        assert np.isnan(task.watched(answers, contract).scores[1])


def test_contributing_shows_the_ranking_that_was_asked_here_in_under_forty_lines() -> None:
    code = (REPOSITORY / "tests/toys/ranking.py").read_text(encoding="utf-8").split("\n\n", 1)[1]
    assert code in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len([line for line in code.splitlines() if line]) < 40
