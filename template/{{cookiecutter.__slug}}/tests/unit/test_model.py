"""Each candidate must be able to learn from a handful of rows before an hour is spent on all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from trunkline.core.contract import Contract, as_label
from trunkline.tasks import judging_of, task_of
from trunkline.training import Candidate, assemble, model_frame, offered, outcome

from {{ cookiecutter.package }}.model import candidates

CANDIDATES = offered(candidates, ())


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_a_candidate_learns_and_answers(
    some: pd.DataFrame, contract: Contract, features: Callable[[], Any], candidate: Candidate
) -> None:
    model = assemble(candidate, features, contract, seed=7)
    model.fit(model_frame(some, contract), outcome(some, contract))
    answers, task = judging_of(contract).ask(model, model_frame(some, contract)), task_of(contract)
    # Raises where one of them is no answer of its kind, such as a class of no name or a number that is not finite.
    kept = task.checked(task.raw(answers), len(some), classes=answers.classes)
    assert not task.apart(answers, kept).other.any()
    assert {as_label(name) for name in answers.classes} <= set(contract.outcome.categories)


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
