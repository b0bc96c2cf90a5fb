from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.policy import Policy
from trunkline.evaluation.waivers import check_waivers, gate_names

TODAY = date(2026, 6, 1)


def policy_of(gate: str, expires: str = "2026-12-31") -> Policy:
    waiver = {"gate": gate, "owner": "Ada", "reason": "known", "expires": expires}
    gates: dict[str, Any] = {
        "waivers": [waiver],
        "robustness": {"metamorphic": [{"name": "more", "column": "age", "add": 1, "expect": "same"}]},
    }
    return Policy.model_validate({"name": "m", "package": "m", "gates": gates})


@pytest.mark.parametrize(
    "gate",
    [
        "data/leakage",
        "fairness/*",
        "fairness/sex/*",
        "performance/floor:*",
        "performance/floor:roc_auc",
        "performance/floor:cost",
        "robustness/metamorphic:more",
        "load/latency",
        "deepchecks/data-integrity",
    ],
)
def test_a_waiver_of_a_gate_that_the_project_may_be_asked_is_taken(gate: str, contract: Contract) -> None:
    check_waivers(policy_of(gate), contract, {"cost": lambda *_: 0.0}, today=TODAY)


@pytest.mark.parametrize(
    ("gate", "near"),
    [
        ("data/leak", "data/leakage"),
        ("fairness/sx/error-rate", "fairness/sex/error-rate"),
        ("performance/floor:cots", "performance/floor:cost"),
        ("robustness/metamorphic:less", "robustness/metamorphic:more"),
        ("fairnes/*", "use fairness/*"),
    ],
)
def test_one_that_fits_none_is_refused_with_what_is_near(gate: str, near: str, contract: Contract) -> None:
    with pytest.raises(PolicyError, match=r"gates\.waivers\.0\.gate") as caught:
        check_waivers(policy_of(gate), contract, {"cost": lambda *_: 0.0}, today=TODAY)
    assert caught.value.value == gate
    assert near in caught.value.next_step


def test_one_that_has_run_out_is_refused_the_day_after(contract: Contract) -> None:
    check_waivers(policy_of("data/leakage", "2026-06-01"), contract, {}, today=TODAY)
    with pytest.raises(PolicyError, match="run out"):
        check_waivers(policy_of("data/leakage", "2026-05-31"), contract, {}, today=TODAY)


def test_two_protected_attributes_are_asked_together_too(contract: Contract) -> None:
    people = [column.name for column in contract.protected]
    names = gate_names(policy_of("data/leakage"), contract, {})
    assert all(f"fairness/{name}/error-rate" in names for name in people)
    if len(people) > 1:
        assert f"fairness/{people[0]} & {people[1]}/error-rate" in names
    assert len(names) == len(set(names))
