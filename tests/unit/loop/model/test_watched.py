from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.policy.policy import Policy
from trunkline.loop.model.watched import watched_metric
from trunkline.measure.metrics import LightMetric, ProjectMetric
from trunkline.measure.scorers import Scorer

LOANS = Contract(
    name="loans",
    columns=(Column(name="x", type="number"), Column(name="y", type="text", role=Role.OUTCOME)),
)


def project(metric: str, **own: Any) -> Any:
    """Return a project that watches this metric, and that notes when its model.py is read."""
    policy = {"name": "m", "package": "m", "monitoring": {"performance": {"metric": metric}}}
    read: list[str] = []

    def metrics() -> dict[str, Any]:
        read.append("model.py")
        return own

    return SimpleNamespace(policy=Policy.model_validate(policy), metrics=metrics, read=read)


@pytest.mark.parametrize("name", ["roc_auc", "matthews_corrcoef", "neg_root_mean_squared_error"])
def test_a_metric_in_numpy_needs_neither_scikit_learn_nor_the_projects_code(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trunkline.measure.scorers", None)
    asked = project(name)

    assert watched_metric(asked, LOANS) == LightMetric(name)
    assert asked.read == []


def test_a_metric_of_the_project_needs_no_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trunkline.measure.scorers", None)

    assert watched_metric(project("profit", profit=len), LOANS) == ProjectMetric("profit", len)


def test_any_other_scorer_is_asked_of_scikit_learn_or_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert watched_metric(project("d2_brier_score"), LOANS) == Scorer("d2_brier_score")

    monkeypatch.setitem(sys.modules, "trunkline.measure.scorers", None)
    with pytest.raises(PolicyError) as caught:
        watched_metric(project("d2_brier_score"), LOANS)
    assert "trunkline[train]" in caught.value.next_step


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(PolicyError) as caught:
        watched_metric(project("roc_auk"), LOANS)
    assert "roc_auc" in caught.value.next_step


def test_a_metric_of_the_task_needs_neither_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trunkline.measure.scorers", None)
    asked = project("click_through_rate")

    assert watched_metric(asked, LOANS.model_copy(update={"answer": "ranking"})).name == "click_through_rate"
    assert asked.read == []
