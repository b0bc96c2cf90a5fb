from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import NamedSlice, PerformanceGates
from trunkline.evaluation.performance.named_slices import check_slices, rows_of

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
