from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.case import Case
from trunkline.evaluation.gates.floor import SliceFloor

FLOORS = {"roc_auc": 0.75}


def judged(scored: Scored, contract: Contract, slices: list[dict[str, Any]]) -> dict[str, Verdict]:
    rules = {"slices": slices, "resamples": 200}
    policy = Policy.model_validate({"name": "a", "package": "a", "gates": {"performance": rules}})
    asked = Case(contract=contract, policy=policy, test=scored, ask=lambda _: scored)
    return {verdict.gate: verdict for verdict in SliceFloor().verdicts(asked)}


def rules(*slices: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": f"part-{number}", "floors": FLOORS, **one} for number, one in enumerate(slices)]


def test_a_healthy_model_passes_on_every_slice(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    policy = rules(
        {"name": "black", "where": {"colour": "Black"}},
        {"name": "young-women", "where": {"sex": ["Female"]}, "between": {"age": [None, 30]}},
    )

    found = judged(answer(rows()), contract, policy)

    assert {gate: one.outcome for gate, one in found.items()} == {
        "performance/slice:black:roc_auc": "pass",
        "performance/slice:young-women:roc_auc": "pass",
    }
    figure = found["performance/slice:black:roc_auc"].figures[0]
    assert (figure.group, figure.rows < 1500, figure.interval is not None) == ("black", True, True)


def test_a_model_that_is_broken_on_one_slice_is_red_there_and_nowhere_else(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows())
    assert scored.probabilities is not None
    young = scored.frame["age"].to_numpy() < 25
    scored.probabilities[young] = 0.5
    policy = rules(
        {"name": "young", "between": {"age": [16, 24]}}, {"name": "old", "between": {"age": [25, None]}}
    )

    found = judged(scored, contract, policy)

    young_verdict = found["performance/slice:young:roc_auc"]
    assert (young_verdict.outcome, young_verdict.stops) == ("fail", True)
    assert "gates.performance.slices.0.floors.roc_auc" in young_verdict.advice
    assert found["performance/slice:old:roc_auc"].outcome == "pass"


def test_few_rows_or_one_class_are_inconclusive(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    policy = rules(
        {"name": "sixteen", "between": {"age": [16, 16]}}, {"name": "released", "where": {"released": "Yes"}}
    )

    found = judged(answer(rows(600)), contract, policy)

    assert [one.outcome for one in found.values()] == ["inconclusive", "inconclusive"]
    assert "The slice sixteen has" in found["performance/slice:sixteen:roc_auc"].reason
    assert "outcomes of the slice released are Yes" in found["performance/slice:released:roc_auc"].reason


@pytest.mark.parametrize("outcome", ["Yes", "No"])
def test_on_a_slice_of_one_outcome_a_metric_that_has_a_value_there_is_judged(
    outcome: str, contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    low = {"accuracy": 0.1, "neg_log_loss": -5.0, "neg_brier_score": -0.9}
    floors = {**low, "roc_auc": 0.1, "average_precision": 0.1, "matthews_corrcoef": -1.0}
    policy = rules({"name": "one", "where": {"released": outcome}, "floors": floors})

    found = judged(answer(rows()), contract, policy)

    outcomes = {gate.removeprefix("performance/slice:one:"): one.outcome for gate, one in found.items()}
    assert outcomes == {
        **dict.fromkeys(low, "pass"),
        **dict.fromkeys(("roc_auc", "average_precision", "matthews_corrcoef"), "inconclusive"),
    }
    assert "no value there" in found["performance/slice:one:roc_auc"].reason


def test_a_slice_without_the_positive_outcome_has_no_recall_and_no_precision(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    floors = {"recall": 0.1, "precision": 0.1, "f1": 0.1, "accuracy": 0.999}
    policy = rules({"name": "kept", "where": {"released": "No"}, "floors": floors})

    found = judged(answer(rows()), contract, policy)

    assert [one.outcome for one in found.values()] == ["fail", "inconclusive", "inconclusive", "inconclusive"]


def test_every_floor_of_a_slice_is_a_gate_of_its_own(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    policy = rules({"name": "men", "where": {"sex": "Male"}, "floors": {"roc_auc": 0.7, "accuracy": 0.99}})

    found = judged(answer(rows()), contract, policy)

    assert found["performance/slice:men:roc_auc"].outcome == "pass"
    assert found["performance/slice:men:accuracy"].outcome == "fail"
