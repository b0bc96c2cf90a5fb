from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.evaluation import Scored, truth_of
from trunkline.evaluation.scored import pair_scored, users_of
from trunkline.measure.users import number_of

VISITS = Contract(
    name="visits",
    columns=(
        Column(name="patient", type="text", role=Role.USER, nullable=True),
        Column(name="age", type="integer"),
        Column(name="stay", type="number", role=Role.OUTCOME),
    ),
)


def patients(*names: str | None) -> pd.DataFrame:
    return pd.DataFrame({"patient": list(names), "age": 1, "stay": 1.0})


def flag_contract() -> Contract:
    return Contract(
        name="flag",
        columns=(
            Column(name="x", type="number"),
            Column(name="late", type="boolean", role=Role.OUTCOME),
        ),
    )


def test_a_boolean_outcome_is_judged_as_true_and_false() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "late": [True, False]})

    assert truth_of(frame, flag_contract()).tolist() == ["true", "false"]


def test_a_null_outcome_is_refused_with_the_number_of_rows(contract: Contract) -> None:
    frame = pd.DataFrame({"released": ["Yes", None, None]})

    with pytest.raises(DataError, match="null in 2 of 3 rows"):
        truth_of(frame, contract)


def test_rows_without_the_outcome_are_refused(contract: Contract) -> None:
    with pytest.raises(DataError, match="no column released"):
        truth_of(pd.DataFrame({"skill": [1.0]}), contract)


def test_two_models_are_paired_on_the_classes_of_both(many: Contract) -> None:
    frame = pd.DataFrame({"weight": [1.0, 2.0], "kind": ["apple", "pear"]})
    labels = np.array(["apple", "pear"], dtype=object)
    one = Scored(frame, labels, np.eye(2), ("apple", "pear"))
    two = Scored(frame, labels, np.eye(2, 3), ("apple", "fig", "pear"))

    assert pair_scored(one, many, other=two).classes == pair_scored(two, many, other=one).classes


def test_users_count_only_where_one_of_them_has_two_rows() -> None:
    assert users_of(patients("a", "b", "c"), VISITS) is None
    found = users_of(patients("a", "b", "a"), VISITS)

    assert found is not None
    assert found.tolist() == [0, 1, 0]


def test_a_row_that_names_no_user_stands_for_itself() -> None:
    assert users_of(patients("a", None, None), VISITS) is None
    found = users_of(patients("a", None, "a", None), VISITS)

    assert found is not None
    assert number_of(found) == 3


def test_a_contract_without_a_user_has_independent_rows() -> None:
    without = VISITS.model_copy(update={"columns": VISITS.columns[1:]})

    assert users_of(patients("a", "a"), without) is None
