"""Features must depend on the row alone. Extend: what your own transformers promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from trunkline.data import contract_from
from trunkline.training import model_frame

from {{ cookiecutter.package }}.contract import Contract
from {{ cookiecutter.package }}.features import CATEGORIES, NUMBERS, features

CONTRACT = contract_from(Contract)


@pytest.fixture
def seen(rows: pd.DataFrame) -> pd.DataFrame:
    """Three hundred rows as a model sees them."""
    return model_frame(rows.head(300), CONTRACT)


def test_every_feature_of_the_contract_is_used_and_nothing_else() -> None:
    assert {*CATEGORIES, *NUMBERS} == {column.name for column in CONTRACT.features}


def test_fitting_twice_gives_the_same_numbers(seen: pd.DataFrame) -> None:
    np.testing.assert_array_equal(features().fit(seen).transform(seen), features().fit(seen).transform(seen))


def test_a_row_alone_gets_the_numbers_that_it_gets_among_others(seen: pd.DataFrame) -> None:
    fitted = features().fit(seen)
    np.testing.assert_array_equal(fitted.transform(seen.iloc[[17]]), fitted.transform(seen)[[17]])


@pytest.mark.parametrize(("attribute", "other"), [("colour", "Black"), ("sex", "Female")])
def test_protected_attributes_change_nothing_that_the_model_sees(
    rows: pd.DataFrame, seen: pd.DataFrame, attribute: str, other: str
) -> None:
    changed = rows.head(300).assign(**{attribute: other})
    assert not changed.equals(rows.head(300))
    pd.testing.assert_frame_equal(model_frame(changed, CONTRACT), seen)
