"""The suite of tasks: subclass it, and give the fixtures `task`, `contract`, `raw` and `events`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jsonschema
import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.measure.metrics import Metrics, row_metrics
from trunkline.measure.paired import Paired
from trunkline.measure.quality import measure_quality
from trunkline.measure.scorers import find_metric
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.labelled import Labelled, label_answers
from trunkline.tasks import Answers, Task

NOW = datetime(2024, 5, 1, tzinfo=UTC)


class TaskConformance:
    """Needs `task`, a `contract` of it, `raw` outputs of a model for some rows, and the `events` of each row."""

    @pytest.fixture
    def answers(self, task: Task, contract: Contract, raw: Sequence[Any]) -> Answers:
        return task.checked(raw, len(raw[0]), classes=self.classes(contract))

    @pytest.fixture
    def log(self, task: Task, contract: Contract, answers: Answers) -> list[Prediction]:
        outputs = task.outputs(answers, contract)
        made = [
            Prediction(
                id=f"p{place}",
                time=NOW,
                environment="production",
                revision="r",
                version=1,
                bundle="sha256:b",
                arm="champion",
                inputs={},
                outputs=one,
                latency_ms=1.0,
            )
            for place, one in enumerate(outputs)
        ]
        return [Prediction.from_dict(json.loads(one.line()), origin="log") for one in made]

    @pytest.fixture
    def labelled(
        self, task: Task, contract: Contract, log: list[Prediction], events: Sequence[Mapping[str, Any]]
    ) -> Labelled:
        known = {
            one.id: tuple(
                GroundTruth(prediction=one.id, item=item, value=value, time=NOW)
                for item, value in happened.items()
            )
            for one, happened in zip(log, events, strict=True)
        }
        return label_answers(log, known, contract, task)

    def classes(self, contract: Contract) -> tuple[str, ...]:
        """Return the classes of the model, where it has any."""
        return contract.outcome.categories

    def metrics(self, task: Task, paired: Paired) -> list[tuple[str, Metrics]]:
        return [(name, row_metrics(task.metrics)) for name in task.standard(paired)]

    def test_it_is_found_by_the_name_that_the_contract_carries(self, task: Task, contract: Contract) -> None:
        assert task.name == contract.task

    def test_outputs_of_another_number_of_rows_are_no_answer(
        self, task: Task, contract: Contract, raw: Sequence[Any]
    ) -> None:
        with pytest.raises(ValueError, match=r"\d"):
            task.checked(raw, len(raw[0]) + 1, classes=self.classes(contract))

    def test_an_answer_keeps_the_schema_that_the_api_shows(
        self, task: Task, contract: Contract, answers: Answers
    ) -> None:
        schema = {"type": "object", "properties": task.schema(contract)}
        assert set(schema["properties"]) == set(task.fields)
        for one in task.outputs(answers, contract):
            jsonschema.validate(one, schema)

    def test_the_log_gives_an_answer_back_as_it_was(
        self, task: Task, contract: Contract, answers: Answers, log: list[Prediction]
    ) -> None:
        back = task.answers([one.outputs for one in log], contract)
        apart = task.apart(answers, back)
        assert not apart.other.any()
        assert apart.distance.max() == 0

    def test_raw_outputs_give_an_answer_back_as_it_was(
        self, task: Task, contract: Contract, answers: Answers
    ) -> None:
        raw = json.loads(json.dumps(task.raw(answers)))
        apart = task.apart(answers, task.checked(raw, len(answers), classes=answers.classes))
        assert not apart.other.any()
        assert apart.distance.max() == 0

    def test_nothing_rises_where_an_answer_stays_and_something_where_it_is_another(
        self, task: Task, labelled: Labelled
    ) -> None:
        paired = labelled.paired
        assert not task.rise(paired, paired, directed=False).any()
        assert task.rise(paired, paired.take(np.arange(paired.rows)[::-1]), directed=False).any()

    def test_other_answers_lie_apart(self, task: Task, answers: Answers) -> None:
        turned = answers.take(np.arange(len(answers))[::-1])
        apart = task.apart(answers, turned)
        assert apart.other.shape == apart.distance.shape == (len(answers),)
        assert apart.distance.max() > 0
        assert np.isinf(task.apart(answers, answers.take(slice(1))).distance).all()

    def test_an_event_that_breaks_the_contract_is_refused(self, task: Task, contract: Contract) -> None:
        for item in ("", "item"):
            with pytest.raises(ValueError, match=r"\w"):
                task.event(item, {"no": "value"}, contract)

    def test_ground_truth_makes_figures_of_logged_answers(self, task: Task, labelled: Labelled) -> None:
        assert labelled.paired.task == task.name
        for name, own in self.metrics(task, labelled.paired):
            figure = measure_quality(labelled.paired, find_metric(name, own))
            assert figure.rows == len(labelled)

    def test_no_answers_are_better_than_the_ideal_and_the_ideal_beats_the_baseline(
        self, task: Task, labelled: Labelled
    ) -> None:
        paired = labelled.paired
        for name, own in self.metrics(task, paired):
            metric = find_metric(name, own)
            best = metric.value(task.ideal(paired))
            assert best >= metric.value(paired)
            assert best >= metric.value(task.baseline(paired, paired))
        assert best > metric.value(task.baseline(paired, paired))

    def test_made_up_rows_have_a_value_by_every_standard_metric(self, task: Task, contract: Contract) -> None:
        sample = task.sample(contract)
        for name, own in self.metrics(task, sample):
            assert np.isfinite(find_metric(name, own).value(sample))

    def test_losses_are_one_a_row_and_none_where_the_answer_is_ideal(
        self, task: Task, labelled: Labelled
    ) -> None:
        ideal = task.losses(task.ideal(labelled.paired), None)
        assert ideal.model.max() == pytest.approx(0)
        assert (
            ideal.model.shape
            == ideal.baseline.shape
            == task.losses(labelled.paired, labelled.paired).model.shape
        )

    def test_a_profile_counts_every_answer(self, task: Task, contract: Contract, answers: Answers) -> None:
        watched = task.watched(answers, contract)
        assert watched.scores.shape == (len(answers),)
        assert watched.labels is None or len(watched.labels) == len(answers)
