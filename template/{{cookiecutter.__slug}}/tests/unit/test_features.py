"""Features must depend on the row alone. Extend: what your own transformers promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.base import clone
from trunkline.core.contract import Contract
from trunkline.training import assemble, model_frame, offered, outcome

from {{ cookiecutter.package }}.model import candidates


@pytest.fixture
def seen(some: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The rows as a model sees them."""
    return model_frame(some, contract)


@pytest.fixture
def fitted(seen: pd.DataFrame, some: pd.DataFrame, contract: Contract, features: Callable[[], Any]) -> Any:
    """The features, seeded as in training and fitted."""
    pipeline = assemble(offered(candidates, ())[0], features, contract, seed=7)
    return pipeline.named_steps["features"].fit(seen, outcome(some, contract))


def numbers(transformed: Any) -> np.ndarray:
    """Return what features made of rows as an array; ids that go through as they are stay texts."""
    return np.asarray(transformed.toarray() if issparse(transformed) else transformed)


def test_each_row_becomes_as_many_numbers_as_every_other(fitted: Any, seen: pd.DataFrame) -> None:
    made = numbers(fitted.transform(seen))
    assert made.shape[0] == len(seen)
    assert made.shape[1] >= 1


def test_fitting_twice_gives_the_same_numbers(
    fitted: Any, seen: pd.DataFrame, some: pd.DataFrame, contract: Contract
) -> None:
    again = clone(fitted).fit(seen, outcome(some, contract))
    np.testing.assert_array_equal(numbers(again.transform(seen)), numbers(fitted.transform(seen)))


def test_a_row_alone_gets_the_numbers_that_it_gets_among_others(fitted: Any, seen: pd.DataFrame) -> None:
    alone, among = numbers(fitted.transform(seen.iloc[[17]])), numbers(fitted.transform(seen))[[17]]
    if any(isinstance(value, str) for value in alone.ravel()):
        np.testing.assert_array_equal(alone, among)
    else:
        np.testing.assert_allclose(alone.astype(float), among.astype(float), rtol=1e-5, atol=1e-6)
