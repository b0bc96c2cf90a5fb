"""Each candidate must be able to learn from a handful of rows before an hour is spent on all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from trunkline.core.contract import Contract
from trunkline.training import Candidate, assemble, model_frame, offered, outcome, predict_frame

from {{ cookiecutter.package }}.model import candidates

CANDIDATES = offered(candidates, ())


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_a_candidate_learns_and_answers(
    some: pd.DataFrame, contract: Contract, features: Callable[[], Any], candidate: Candidate
) -> None:
    model = assemble(candidate, features, contract, seed=7)
    model.fit(model_frame(some, contract), outcome(some, contract))
    answers, probabilities = predict_frame(model, some, contract)
    assert len(answers) == len(some)
    if contract.task == "regression":
        assert np.isfinite(answers).all()
    else:
        assert set(answers) <= set(contract.outcome.categories)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_a_candidate_has_the_settings_that_its_search_names(
    contract: Contract, features: Callable[[], Any], candidate: Candidate
) -> None:
    model = assemble(candidate, features, contract, seed=7).named_steps["model"]
    drawn = {
        name: values[0] if isinstance(values, list | tuple) else values.rvs(random_state=7)
        for name, values in candidate.search.items()
    }
    settings = model.set_params(**drawn).get_params()
    assert {name: settings[name] for name in drawn} == drawn
