from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.policy.policy import Policy
from trunkline.measure.bootstrap import draw
from trunkline.measure.difference import difference
from trunkline.measure.metrics import LOOPED, ProjectMetric
from trunkline.measure.paired import Paired
from trunkline.measure.scorers import find_metric, scorer_names
from trunkline.tasks.metric_names import check_metric_names, check_watched_metric

TRUTH = np.array([0, 1, 1, 0, 1, 1])
ANSWERS = np.array([0, 1, 0, 0, 1, 1])
CHANCES = np.array([0.2, 0.9, 0.4, 0.1, 0.8, 0.7])
PAIRED = Paired(TRUTH, ANSWERS, np.stack([1 - CHANCES, CHANCES], axis=1), ("No", "Yes"), 1)


def policy(**performance: Any) -> Policy:
    return Policy.model_validate({"name": "m", "package": "m", "gates": {"performance": performance}})


def test_a_scorer_is_named_as_in_scikit_learn_and_counts_the_positive_class() -> None:
    assert find_metric("f1", {}).value(PAIRED) == f1_score(TRUTH, ANSWERS)
    assert find_metric("matthews_corrcoef", {}).value(PAIRED) == matthews_corrcoef(TRUTH, ANSWERS)


def test_a_metric_that_is_undefined_on_the_rows_has_no_value() -> None:
    assert np.isnan(find_metric("roc_auc", {}).value(PAIRED.take(TRUTH == 1)))
    without = Paired(TRUTH, ANSWERS, None, ("No", "Yes"), 1)
    assert np.isnan(find_metric("roc_auc", {}).value(without))


def test_a_projects_metric_gets_labels_and_the_chance_of_the_positive_class() -> None:
    seen: list[Any] = []

    def euros(truth: Any, answers: Any, chance: Any) -> float:
        seen.append((list(truth), list(answers), list(chance)))
        return float(np.mean(truth == answers)) * 60

    assert ProjectMetric("euros", euros).value(PAIRED) == pytest.approx(50)
    assert seen[0][0] == ["No", "Yes", "Yes", "No", "Yes", "Yes"]
    assert seen[0][2] == CHANCES.tolist()


def test_a_metric_without_a_vectorised_form_is_computed_resample_by_resample() -> None:
    found = ProjectMetric("own", lambda truth, said, _: matthews_corrcoef(truth, said)).statistic(PAIRED)
    counts = np.array([[1.0, 1, 1, 1, 1, 1], [2, 2, 2, 0, 0, 0]])

    assert found.most == LOOPED
    assert found(counts)[0] == pytest.approx(matthews_corrcoef(TRUTH, ANSWERS))
    twice = [0, 0, 1, 1, 2, 2]
    assert found(counts)[1] == pytest.approx(matthews_corrcoef(TRUTH[twice], ANSWERS[twice]))


def broken(truth: Any, answers: Any, chance: Any) -> float:
    raise ZeroDivisionError("no rows")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (broken, "raised ZeroDivisionError: no rows"),
        (lambda *_: float("nan"), "gave nan"),
        (lambda *_: "high", "raised ValueError"),
    ],
)
def test_a_broken_metric_of_the_project_says_what_it_did(function: Any, words: str) -> None:
    with pytest.raises(ProjectError, match=words):
        ProjectMetric("profit", function).value(PAIRED)


def test_an_unknown_floor_is_named_with_its_key_and_a_close_match() -> None:
    with pytest.raises(PolicyError, match=r"gates\.performance\.floors\.roc_auk.*roc_auc"):
        check_metric_names(policy(floors={"roc_auk": 0.7}), {})


def test_the_floor_of_a_slice_is_checked_as_any_other(contract: Contract) -> None:
    def with_floor(name: str) -> Policy:
        return policy(slices=[{"name": "young", "between": {"age": [None, 25]}, "floors": {name: 0.7}}])

    with pytest.raises(PolicyError, match=r"gates\.performance\.slices\.0\.floors\.roc_auk.*roc_auc"):
        check_metric_names(with_floor("roc_auk"), {})
    with pytest.raises(PolicyError, match="does not fit the outcome"):
        check_metric_names(with_floor("r2"), {}, contract)


def costs(truth: Any, answers: Any, chance: Any) -> float:
    """Return the mean gain a row by a cost matrix in euro: a wrong yes costs 50, a wrong no 5, a right yes earns 10."""
    matrix = {("Yes", "Yes"): 10.0, ("No", "Yes"): -50.0, ("Yes", "No"): -5.0, ("No", "No"): 0.0}
    return float(np.mean([matrix[pair] for pair in zip(truth, answers, strict=True)]))


def click_through(truth: Any, answers: Any, chance: Any) -> float:
    """Return the share of clicks among the half of the rows that would be shown."""
    shown = chance >= np.median(chance)
    return float(np.mean(truth[shown] == "Yes"))


def test_a_cost_matrix_in_euro_and_a_click_through_rate_are_metrics_of_a_project() -> None:
    assert ProjectMetric("euros", costs).value(PAIRED) == pytest.approx((3 * 10 - 5) / 6)
    assert ProjectMetric("clicks", click_through).value(PAIRED) == 1.0

    drawn = draw({"euros": ProjectMetric("euros", costs).statistic(PAIRED)}, rows=6, resamples=500, seed=0)[
        "euros"
    ]

    assert len(drawn) == LOOPED
    assert drawn.mean() == pytest.approx(25 / 6, abs=1.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.search.metric", {"training": {"search": {"metric": "acuracy"}}}),
        ("gates.performance.metric", {"gates": {"performance": {"metric": "acuracy"}}}),
        ("monitoring.performance.metric", {"monitoring": {"performance": {"metric": "acuracy"}}}),
    ],
)
def test_every_key_that_names_a_metric_is_checked(key: str, value: dict[str, Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        check_metric_names(Policy.model_validate({"name": "m", "package": "m", **value}), {})

    assert caught.value.what.startswith(key)
    assert "accuracy" in caught.value.next_step


def test_a_metric_of_the_project_may_be_named() -> None:
    check_metric_names(policy(floors={"profit": 100.0}), {"profit": broken})


def test_a_metric_of_clusterings_is_none_of_models() -> None:
    with pytest.raises(PolicyError, match="rand_score"):
        check_metric_names(policy(floors={"rand_score": 0.5}), {})


def test_a_projects_metric_may_not_hide_one_of_scikit_learn() -> None:
    with pytest.raises(PolicyError, match=r"defines the metric roc_auc"):
        check_metric_names(policy(), {"roc_auc": broken})


def test_a_metric_must_fit_the_outcome(contract: Contract, regression: Contract, many: Contract) -> None:
    check_metric_names(policy(floors={"neg_log_loss": -1.0}), {}, contract)
    with pytest.raises(PolicyError, match="does not fit the outcome released"):
        check_metric_names(policy(floors={"r2": 0.5}), {}, contract)
    with pytest.raises(PolicyError, match=r"does not fit the outcome price.*such as r2"):
        check_metric_names(policy(), {}, regression)
    with pytest.raises(PolicyError, match="such as roc_auc_ovr"):
        check_metric_names(policy(), {}, many)


@pytest.mark.parametrize("name", scorer_names())
def test_every_scorer_has_intervals_on_the_kind_of_answers_that_it_judges_and_no_other(name: str) -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 60)
    chances = np.clip(0.5 * truth + generator.uniform(0, 0.5, 60), 0.01, 0.99)
    classes = Paired(
        truth, (chances > 0.4).astype(int), np.stack([1 - chances, chances], axis=1), ("a", "b"), 1
    )
    numbers = Paired(truth + 1 + chances, truth + 2 * chances + 0.5, None)
    metric = find_metric(name, {})

    values = [metric.value(paired) for paired in (classes, numbers)]
    drawn = [
        draw({"": metric.statistic(paired)}, rows=60, resamples=20, seed=0)[""]
        for paired in (classes, numbers)
    ]

    assert np.isfinite(values).sum() == 1
    place = int(np.isfinite(values[1]))
    assert np.isfinite(drawn[place]).sum() >= 18
    judged = (classes, numbers)[place]
    assert difference(judged, judged, metric, same_rows=False).interval is not None


def watching(metric: str) -> Policy:
    return Policy.model_validate(
        {"name": "m", "package": "m", "monitoring": {"performance": {"metric": metric}}}
    )


def test_a_monitor_is_refused_a_metric_that_does_not_fit_the_outcome(contract: Contract) -> None:
    with pytest.raises(PolicyError, match=r"monitoring\.performance\.metric is r2, which does not fit"):
        check_watched_metric(watching("r2"), {}, contract)


def test_a_monitor_needs_scikit_learn_only_for_what_numpy_does_not_compute(contract: Contract) -> None:
    assert check_watched_metric(watching("matthews_corrcoef"), {}, contract) == ""
    assert check_watched_metric(watching("profit"), {"profit": broken}, contract) == ""
    assert "train" in check_watched_metric(watching("d2_brier_score"), {}, contract)
