from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Role
from trunkline.core.errors import DataError
from trunkline.training.protected_groups import LEAST, groups_of, large_groups, protected_groups


def column(**given: object) -> Column:
    return Column.model_validate({"name": "a", "type": "category", "protected": True} | given)


def test_a_category_is_its_own_group_and_null_is_one_too() -> None:
    frame = pd.DataFrame({"a": ["f", None, "m"]})
    assert protected_groups(frame, column(role=Role.AUDIT)).tolist() == ["f", "missing", "m"]


def test_a_number_is_cut_at_its_bands_whose_lower_edge_belongs_to_them() -> None:
    frame = pd.DataFrame({"a": [17.0, 18.0, 24.9, 25.0, None]})
    found = protected_groups(frame, column(type="number", bands=(18, 25)))
    assert found.tolist() == ["under 18", "18 to <25", "18 to <25", "25 and over", "missing"]


def test_an_edge_that_float32_cannot_hold_still_belongs_to_its_band() -> None:
    assert groups_of(np.array([0.7], dtype=np.float32), (0.7,)).tolist() == ["0.7 and over"]


def test_true_and_false_are_two_groups() -> None:
    frame = pd.DataFrame({"a": pd.array([True, False, None], dtype="boolean")})
    assert protected_groups(frame, column(type="boolean")).tolist() == ["1", "0", "missing"]


def test_rows_without_the_attribute_are_refused() -> None:
    with pytest.raises(DataError, match="lack the protected attribute a"):
        protected_groups(pd.DataFrame({"b": [1]}), column())


def test_groups_that_are_small_or_have_one_outcome_only_carry_no_constraint() -> None:
    groups = np.array(["f"] * LEAST + ["m"] * LEAST + ["x"] * (LEAST - 1) + ["y"] * LEAST, dtype=object)
    positive = np.arange(len(groups)) % 2 == 0
    positive[groups == "y"] = True
    assert large_groups(groups, positive) == ["f", "m"]


def test_a_constraint_between_fewer_than_two_groups_is_refused() -> None:
    groups = np.array(["f"] * 100 + ["m"] * 5, dtype=object)
    with pytest.raises(ValueError, match="1 of 2 have them"):
        large_groups(groups, np.arange(105) % 2 == 0)
