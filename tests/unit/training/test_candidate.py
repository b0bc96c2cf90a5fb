from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import uniform
from sklearn.linear_model import LogisticRegression

from trunkline.core.errors import ProjectError
from trunkline.training import Candidate


def test_a_search_space_takes_lists_and_distributions() -> None:
    candidate = Candidate("lr", LogisticRegression(), {"C": uniform(0, 1), "tol": [1e-3, 1e-4]})
    assert set(candidate.search) == {"C", "tol"}


@pytest.mark.parametrize("values", [0.5, [], "abc"])
def test_a_search_space_that_is_neither_is_refused_by_its_name(values: object) -> None:
    with pytest.raises(ProjectError, match="search space of C") as caught:
        Candidate("lr", LogisticRegression(), {"C": values})
    assert caught.value.value == values


@pytest.mark.parametrize("estimator", [LogisticRegression, None, "LogisticRegression"])
def test_what_cannot_be_fitted_is_refused(estimator: Any) -> None:
    with pytest.raises(ProjectError, match="candidate lr cannot be fitted"):
        Candidate("lr", estimator)


def test_a_candidate_needs_a_name() -> None:
    with pytest.raises(ProjectError, match="no name"):
        Candidate("", LogisticRegression())
