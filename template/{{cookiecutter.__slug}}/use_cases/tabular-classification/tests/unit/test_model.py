"""Each candidate must be able to learn from a handful of rows before an hour is spent on all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from trunkline.data import contract_from
from trunkline.training import Candidate, model_frame

from {{ cookiecutter.package }}.contract import Contract
from {{ cookiecutter.package }}.features import features
from {{ cookiecutter.package }}.model import candidates


def test_candidates_have_names_of_their_own() -> None:
    names = [candidate.name for candidate in candidates()]
    assert len(names) == len(set(names)) >= 3


@pytest.mark.parametrize("candidate", candidates(), ids=lambda candidate: candidate.name)
def test_a_candidate_learns_and_gives_probabilities(rows: pd.DataFrame, candidate: Candidate) -> None:
    some = rows.head(300)
    seen = model_frame(some, contract_from(Contract))
    model = make_pipeline(features(), clone(candidate.estimator)).fit(seen, some["released"])
    np.testing.assert_allclose(model.predict_proba(seen).sum(axis=1), 1.0)


@pytest.mark.parametrize("candidate", candidates(), ids=lambda candidate: candidate.name)
def test_a_candidate_has_the_settings_that_its_search_names(candidate: Candidate) -> None:
    assert set(candidate.search) <= set(candidate.estimator.get_params())
