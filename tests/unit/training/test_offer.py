from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.tasks import judging_of
from trunkline.training import Candidate
from trunkline.training.offer import assemble, offered, require_complete

LOGISTIC = Candidate("logistic", LogisticRegression(), {"C": [1.0]})
FOREST = Candidate("forest", RandomForestClassifier())


def test_all_compete_when_the_policy_names_none() -> None:
    assert offered([LOGISTIC, FOREST], ()) == [LOGISTIC, FOREST]


def test_only_those_compete_that_the_policy_names() -> None:
    assert offered([LOGISTIC, FOREST], ("forest",)) == [FOREST]


def test_an_unknown_name_gives_the_key_and_the_known_names() -> None:
    with pytest.raises(PolicyError) as caught:
        offered([LOGISTIC, FOREST], ("forrest",))
    assert "training.candidates" in str(caught.value)
    assert "logistic, forest" in str(caught.value)
    assert caught.value.next_step == "use forest"


def test_a_classifier_for_an_outcome_of_numbers_is_told_how_codes_are_declared(price: Contract) -> None:
    with pytest.raises(ProjectError) as caught:
        assemble(LOGISTIC, lambda: FunctionTransformer(), price, 0)
    assert "isin=[0, 1]" in str(caught.value)


def test_a_regressor_for_an_outcome_of_classes_is_refused(contract: Contract) -> None:
    with pytest.raises(ProjectError, match="answers numbers"):
        assemble(Candidate("linear", LinearRegression()), lambda: FunctionTransformer(), contract, 0)


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


class ListsNothing(LogisticRegression):  # type: ignore[misc]
    """Takes parameters that it does not list before they are set, as some libraries' estimators do."""

    def get_params(self, deep: bool = True) -> dict[str, object]:
        return {}

    def set_params(self, **params: object) -> ListsNothing:
        return self


class Stubborn(LogisticRegression):  # type: ignore[misc]
    """Changes an argument in its constructor, which scikit-learn refuses to copy."""

    def __init__(self, C: float = 1.0) -> None:
        super().__init__(C=C)
        self.C = [C]

    def get_params(self, deep: bool = True) -> dict[str, object]:
        return {"C": self.C}


def test_features_must_return_a_transformer(contract: Contract) -> None:
    with pytest.raises(ProjectError, match="did not return a transformer"):
        assemble(LOGISTIC, lambda: None, contract, 7)


def test_a_search_over_a_parameter_that_does_not_exist_is_refused(contract: Contract) -> None:
    candidate = Candidate("logistic", LogisticRegression(), {"max_itr": [1]})
    with pytest.raises(ProjectError, match="no parameter max_itr") as caught:
        assemble(candidate, FunctionTransformer, contract, 7)
    assert "max_iter" in caught.value.next_step


def test_a_parameter_that_an_estimator_takes_without_listing_it_is_searched(contract: Contract) -> None:
    candidate = Candidate("lazy", ListsNothing(), {"depth": [1, 2]})
    assert assemble(candidate, FunctionTransformer, contract, 7)["model"].get_params() == {}


def test_an_estimator_that_cannot_be_copied_is_refused_before_the_search(contract: Contract) -> None:
    with pytest.raises(ProjectError, match="candidate stubborn, Stubborn, cannot be copied") as caught:
        assemble(Candidate("stubborn", Stubborn()), FunctionTransformer, contract, 7)
    assert "__init__" in caught.value.next_step


def test_features_that_cannot_be_copied_are_refused(contract: Contract) -> None:
    class NoParameters:
        def fit(self, X: object, y: object = None) -> NoParameters:
            return self

        def transform(self, X: object) -> object:
            return X

    with pytest.raises(ProjectError, match=r"features\(\) returned, NoParameters, cannot be copied"):
        assemble(LOGISTIC, NoParameters, contract, 7)


@pytest.mark.parametrize(
    ("name", "words", "advice"),
    [
        ("incme", "no such column", "use income"),
        ("sex", "its role is audit", "features.py"),
        ("paid", "its role is outcome", "features.py"),
        ("id", "its role is key", "features.py"),
    ],
)
def test_a_column_that_the_model_does_not_see_is_named_with_what_it_sees(
    name: str, words: str, advice: str, contract: Contract
) -> None:
    def features() -> Pipeline:
        inner = ColumnTransformer(
            [("numbers", "passthrough", ["income", name]), ("rest", "drop", slice(0, 1))]
        )
        return Pipeline([("columns", inner)])

    with pytest.raises(ProjectError, match=f"the column {name} in the step numbers: .*{words}") as caught:
        assemble(LOGISTIC, features, contract, 7)
    assert advice in caught.value.next_step


def test_only_a_fitted_classifier_knows_whether_it_gives_probabilities(contract: Contract) -> None:
    judging = judging_of(contract)
    stack = StackingClassifier([("one", LogisticRegression())], final_estimator=LogisticRegression())
    rows, labels = [[0.0], [1.0]] * 10, ["no", "yes"] * 10
    require_complete(Candidate("stack", stack), stack.fit(rows, labels), judging)
    with pytest.raises(ProjectError, match="svc: LinearSVC gives no probabilities"):
        require_complete(Candidate("svc", LinearSVC()), LinearSVC().fit(rows, labels), judging)
