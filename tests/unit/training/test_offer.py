from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.training import Candidate
from trunkline.training.offer import assemble, offered

LOGISTIC = Candidate("logistic", LogisticRegression(), {"C": [1.0]})
FOREST = Candidate("forest", RandomForestClassifier())


def test_all_compete_when_the_policy_names_none() -> None:
    assert [one.name for one in offered([LOGISTIC, FOREST], ())] == ["logistic", "forest"]


def test_only_those_compete_that_the_policy_names() -> None:
    assert offered([LOGISTIC, FOREST], ("forest",)) == [FOREST]


def test_an_unknown_name_gives_the_key_and_the_known_names() -> None:
    with pytest.raises(PolicyError) as caught:
        offered([LOGISTIC, FOREST], ("forrest",))
    assert "training.candidates" in str(caught.value)
    assert "logistic, forest" in str(caught.value)
    assert caught.value.next_step == "use forest"


def test_what_candidates_raises_is_the_project_s_error() -> None:
    def broken() -> list[Candidate]:
        raise KeyError("boom")

    with pytest.raises(ProjectError, match=r"candidates\(\) raised KeyError: 'boom'"):
        offered(broken, ())


@pytest.mark.parametrize("value", [[], None, ["logistic"], [LOGISTIC, LOGISTIC]])
def test_anything_but_candidates_with_names_of_their_own_is_refused(value: Sequence[Any]) -> None:
    with pytest.raises(ProjectError, match=r"model\.py offers"):
        offered(value, ())


def test_seeds_that_are_open_are_set_and_others_kept(contract: Contract) -> None:
    loose = assemble(FOREST, FunctionTransformer, contract, 7)
    fixed = assemble(Candidate("x", RandomForestClassifier(random_state=1)), FunctionTransformer, contract, 7)
    assert loose.get_params()["model__random_state"] == 7
    assert fixed.get_params()["model__random_state"] == 1
    assert FOREST.estimator.random_state is None


def test_what_features_raises_is_the_project_s_error(contract: Contract) -> None:
    def broken() -> object:
        raise ValueError("no such column")

    with pytest.raises(ProjectError, match=r"features\(\) raised ValueError: no such column"):
        assemble(LOGISTIC, broken, contract, 7)


def test_features_must_return_a_transformer(contract: Contract) -> None:
    with pytest.raises(ProjectError, match="did not return a transformer"):
        assemble(LOGISTIC, lambda: None, contract, 7)


def test_a_search_over_a_parameter_that_does_not_exist_is_refused(contract: Contract) -> None:
    candidate = Candidate("logistic", LogisticRegression(), {"max_itr": [1]})
    with pytest.raises(ProjectError, match="no parameter max_itr") as caught:
        assemble(candidate, FunctionTransformer, contract, 7)
    assert "max_iter" in caught.value.next_step


def test_a_classifier_without_probabilities_is_refused(contract: Contract) -> None:
    with pytest.raises(ProjectError, match="gives no probabilities"):
        assemble(Candidate("svc", LinearSVC()), FunctionTransformer, contract, 7)
