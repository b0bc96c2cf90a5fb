from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import NamedSlice, PerformanceGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.performance.named_slices import check_slices, rows_of, slice_floor_verdicts
from trunkline.evaluation.scored import pair_scored

FLOORS = {"roc_auc": 0.75}
WIDE = Contract(
    name="wide",
    columns=(
        Column(name="age", type="integer", minimum=0, maximum=120, nullable=True),
        Column(name="member", type="boolean"),
        Column(name="town", type="text"),
        Column(name="plan", type="category", categories=("Basic", "Plus", "Yes")),
        Column(name="paid", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
FRAME = pd.DataFrame(
    {
        "age": [17.0, 18.0, 25.0, None],
        "member": [True, False, True, False],
        "town": ["Ely", "York", None, "Ely"],
        "plan": ["Basic", "Plus", "Plus", "Yes"],
    }
)


def rules(*slices: dict[str, Any]) -> PerformanceGates:
    named = [{"name": f"part-{number}", "floors": FLOORS, **one} for number, one in enumerate(slices)]
    return PerformanceGates.model_validate({"slices": named, "resamples": 200})


def judged(scored: Scored, contract: Contract, policy: PerformanceGates) -> dict[str, Verdict]:
    found = slice_floor_verdicts(scored, pair_scored(scored, contract), contract, policy, {})
    return {verdict.gate: verdict for verdict in found}


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


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"where": {"plan": "Plus"}}, [1, 2]),
        ({"where": {"plan": ["Basic", "Yes"]}}, [0, 3]),
        ({"where": {"member": True}}, [0, 2]),
        ({"where": {"town": "Ely"}}, [0, 3]),
        ({"where": {"age": 18}}, [1]),
        ({"between": {"age": [18, None]}}, [1, 2]),
        ({"where": {"plan": "Plus", "member": True}}, [2]),
        ({"where": {"plan": "Plus"}, "between": {"age": [18, 20]}}, [1]),
    ],
)
def test_all_conditions_must_hold_and_null_is_in_no_slice(part: dict[str, Any], expected: list[int]) -> None:
    named = NamedSlice.model_validate({"name": "part", "floors": FLOORS, **part})

    assert np.flatnonzero(rows_of(FRAME, named, WIDE)).tolist() == expected


@pytest.mark.parametrize(
    ("part", "key", "step"),
    [
        ({"where": {"plam": "Plus"}}, "gates.performance.slices.1.where.plam", "use plan"),
        ({"between": {"agee": [1, 2]}}, "gates.performance.slices.1.between.agee", "use age"),
        ({"where": {"zzz": 1}}, "gates.performance.slices.1.where.zzz", "use one of age, member"),
        ({"where": {"plan": "Pluss"}}, "gates.performance.slices.1.where.plan asks for Pluss", "use Plus"),
        ({"where": {"plan": ["Plus", "x"]}}, "asks for x", "use one of Basic, Plus"),
        ({"where": {"plan": True}}, "asks for true", "in quotes"),
        ({"where": {"member": "yes"}}, "asks for yes", "use true or false"),
        ({"where": {"age": "old"}}, "asks for old", "a whole number from 0 to 120"),
        ({"where": {"age": 130}}, "asks for 130", "a whole number from 0 to 120"),
        ({"between": {"plan": [1, 2]}}, "needs a number", "where.plan"),
    ],
)
def test_a_slice_that_the_contract_cannot_have_is_refused_with_its_key(
    part: dict[str, Any], key: str, step: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        check_slices(rules({"where": {"age": 20}}, part), WIDE)

    assert key in caught.value.what
    assert step in caught.value.next_step
