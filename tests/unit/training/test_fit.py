from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError, PolicyError, ProjectError
from trunkline.core.policy.training import Mitigation, Search, TrainingPolicy
from trunkline.tasks import judging_of
from trunkline.training import Candidate, Fitted, predict_frame, train
from trunkline.training.fair_mixture import FairMixture

Train = Callable[..., Fitted]
LOGISTIC = Candidate("logistic", LogisticRegression(), {"C": [0.01, 1.0]})
STUMP = Candidate("stump", DecisionTreeClassifier(max_depth=1, max_features=1))


def features() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("numbers", SimpleImputer(), ["income", "owner"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["town"]),
        ]
    )


def policy(*names: str, **search: Any) -> TrainingPolicy:
    settings = {"iterations": 3, "folds": 3, "jobs": 1} | search
    return TrainingPolicy(candidates=names, search=Search.model_validate(settings))


@pytest.fixture
def fit(contract: Contract, rows: pd.DataFrame) -> Train:
    """Train on the rows of the contract, with other settings where given."""

    def run(**changed: Any) -> Fitted:
        settings: dict[str, Any] = {
            "features": features,
            "candidates": [LOGISTIC, STUMP],
            "policy": policy(),
        } | changed
        return train(settings.pop("rows", rows), settings.pop("contract", contract), **settings)

    return run


def test_the_best_candidate_wins_and_answers(fit: Train, contract: Contract, rows: pd.DataFrame) -> None:
    fitted = fit()
    scores = {trial.candidate: trial.score for trial in fitted.trials}
    assert scores["logistic"] > scores["stump"]
    assert fitted.candidate == "logistic"
    assert fitted.classes == ("no", "yes")
    labels, probabilities = predict_frame(fitted.pipeline, rows, contract)
    assert (labels == rows["paid"].to_numpy()).mean() > 0.8
    assert probabilities is not None
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_a_tie_goes_to_whoever_is_offered_first(fit: Train) -> None:
    again = Candidate("again", LogisticRegression(), {"C": [0.01, 1.0]})
    assert fit(candidates=[LOGISTIC, again]).candidate == "logistic"
    assert fit(candidates=[again, LOGISTIC]).candidate == "again"


def test_twice_the_same_is_the_same(fit: Train, contract: Contract, rows: pd.DataFrame) -> None:
    forest = Candidate("forest", RandomForestClassifier(10), {"min_samples_leaf": [1, 2, 5, 9]})
    one, two = fit(candidates=[forest]), fit(candidates=[forest])
    assert one.settings == two.settings
    np.testing.assert_array_equal(
        predict_frame(one.pipeline, rows, contract)[1], predict_frame(two.pipeline, rows, contract)[1]
    )


def test_the_search_s_seed_is_the_model_s_seed(fit: Train) -> None:
    forest = Candidate("forest", RandomForestClassifier(5))
    assert fit(candidates=[forest], policy=policy(seed=11)).pipeline["model"].random_state == 11


def test_settings_are_json_without_the_step_s_name(fit: Train) -> None:
    candidate = Candidate(
        "logistic", LogisticRegression(), {"C": loguniform(0.1, 10), "fit_intercept": [True]}
    )
    fitted = fit(candidates=[candidate])
    assert set(fitted.settings) == {"C", "fit_intercept"}
    assert json.loads(json.dumps(fitted.settings)) == fitted.settings


def test_no_more_settings_are_tried_than_there_are(fit: Train) -> None:
    said: list[str] = []
    fit(candidates=[LOGISTIC], policy=policy(iterations=50), progress=said.append)
    assert said[0] == "logistic: 2 settings, 3 folds each"


def test_a_candidate_without_a_search_is_fitted_as_it_is(fit: Train) -> None:
    fitted = fit(candidates=[STUMP])
    assert fitted.settings == {}
    assert len(fitted.trials) == 1


def test_the_policy_picks_the_candidates(fit: Train) -> None:
    assert fit(policy=policy("stump")).candidate == "stump"


def test_an_unknown_candidate_in_the_policy_is_named(fit: Train) -> None:
    with pytest.raises(PolicyError, match=r"training\.candidates.*known: logistic, stump"):
        fit(policy=policy("logistik"))


def test_an_unknown_metric_in_the_policy_is_named(fit: Train) -> None:
    with pytest.raises(PolicyError, match=r"training\.search\.metric"):
        fit(policy=policy(metric="roc_auk"))


def test_a_project_s_metric_decides(fit: Train) -> None:
    def likes_constants(truth: Any, answers: Any, probability: Any) -> float:
        return -float(np.std(probability))

    fitted = fit(
        candidates=[LOGISTIC, Candidate("flat", LogisticRegression(C=1e-9))],
        policy=policy(metric="flatness"),
        metrics={"flatness": likes_constants},
    )
    assert fitted.candidate == "flat"


class Elsewhere(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model that was trained elsewhere: it answers classes of its own whatever it is given."""

    def __init__(self, classes: tuple[object, ...] = (0, 1)) -> None:
        self.classes = classes

    def fit(self, X: Any, y: Any) -> Elsewhere:
        self.classes_ = np.array(self.classes)
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.repeat(self.classes_[:1], len(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.full((len(X), len(self.classes)), 1 / len(self.classes))


@pytest.mark.parametrize("metric", ["own", "accuracy"])
def test_classes_that_are_not_the_contract_s_are_named(fit: Train, metric: str) -> None:
    with pytest.raises((ProjectError, DataError), match=r"0, 1"):
        fit(
            candidates=[Candidate("elsewhere", Elsewhere())],
            policy=policy(metric=metric),
            metrics={"own": lambda truth, labels, score: 0.0},
        )


@pytest.mark.parametrize("classes", [(0, 1), ("no", "yes", "maybe"), ("no",), ()])
def test_a_fitted_model_answers_the_contract_s_classes_or_is_refused(
    contract: Contract, classes: tuple[object, ...]
) -> None:
    judging = judging_of(contract)
    assert judging.classes(Elsewhere(("yes", "no")).fit(0, 0), contract, candidate="x") == ("yes", "no")
    with pytest.raises(ProjectError, match="the outcome paid is no, yes"):
        judging.classes(Elsewhere(classes).fit(0, 0), contract, candidate="x")


def test_codes_are_learned_and_answered_as_whole_numbers(
    fit: Train, contract: Contract, rows: pd.DataFrame
) -> None:
    coded = contract.outcome.model_copy(update={"categories": ("0", "1"), "coded": True})
    columns = tuple(coded if column.role is Role.OUTCOME else column for column in contract.columns)
    seen: set[type] = set()

    def cost(truth: Any, labels: Any, score: Any) -> float:
        seen.update({truth.dtype.type, labels.dtype.type})
        return -float(np.mean(truth != labels))

    fitted = fit(
        contract=contract.model_copy(update={"columns": columns, "positive": "1"}),
        rows=rows.assign(paid=(rows["paid"] == "yes").astype(int)),
        candidates=[Candidate("weighted", LogisticRegression(class_weight={0: 1, 1: 2}))],
        policy=policy(metric="cost"),
        metrics={"cost": cost},
    )
    assert fitted.classes == ("0", "1")
    assert seen == {np.int64}


def test_an_outcome_of_one_class_is_refused(fit: Train, rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="paid has one class only"):
        fit(rows=rows.assign(paid="yes"))


def test_a_class_that_does_not_fill_the_folds_is_refused(fit: Train, rows: pd.DataFrame) -> None:
    few = rows.assign(paid=["yes"] * 2 + ["no"] * (len(rows) - 2))
    with pytest.raises(DataError, match="paid is 'yes' in 2 rows, and 3 folds"):
        fit(rows=few)


def test_an_estimator_that_raises_is_the_project_s_error(fit: Train) -> None:
    broken = Candidate("broken", LogisticRegression(solver="lbfgs", l1_ratio=0.5))
    broken.estimator.set_params(C=-1)
    with pytest.raises(ProjectError, match="candidate broken cannot be fitted: InvalidParameterError"):
        fit(candidates=[broken])


def test_features_that_meet_a_missing_column_are_the_project_s_error(fit: Train) -> None:
    def wrong() -> ColumnTransformer:
        return ColumnTransformer([("numbers", StandardScaler(), ["wages"])])

    with pytest.raises(ProjectError, match="wages"):
        fit(features=wrong)


def test_a_fitted_forest_answers_in_one_thread(fit: Train) -> None:
    fitted = fit(candidates=[Candidate("forest", RandomForestClassifier(5, n_jobs=2))])
    assert fitted.pipeline["model"].n_jobs == 1


def test_regression_has_no_classes(price: Contract, sales: pd.DataFrame) -> None:
    fitted = train(
        sales,
        price,
        features=StandardScaler,
        candidates=[Candidate("line", LinearRegression())],
        policy=policy(metric="r2"),
    )
    assert fitted.classes == ()
    assert fitted.trials[0].score > 0.95
    values, probabilities = predict_frame(fitted.pipeline, sales, price)
    assert values.dtype == np.float64
    assert probabilities is None


def test_a_constant_regression_outcome_is_refused(price: Contract, sales: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="price cannot be learned"):
        train(
            sales.assign(price=1.0),
            price,
            features=StandardScaler,
            candidates=[Candidate("line", LinearRegression())],
            policy=policy(metric="r2"),
        )


def selected(fitted: Fitted, contract: Contract, rows: pd.DataFrame) -> dict[str, float]:
    """Return the share of each sex that gets the positive answer."""
    labels, _ = predict_frame(fitted.pipeline, rows, contract)
    return {sex: float((labels[rows["sex"] == sex] == "yes").mean()) for sex in ("f", "m")}


def under(method: str, **search: Any) -> TrainingPolicy:
    return policy(**search).model_copy(update={"mitigation": Mitigation.model_validate({"method": method})})


@pytest.mark.parametrize("method", ["threshold-optimizer", "exponentiated-gradient"])
def test_a_mitigated_candidate_is_searched_like_any_other(
    fit: Train, open_contract: Contract, biased: pd.DataFrame, method: str
) -> None:
    few = Candidate("logistic", LogisticRegression(), {"C": [0.1]})
    given = {"rows": biased, "contract": open_contract, "candidates": [few]}
    plain, fair = fit(**given), fit(**given, policy=under(method, folds=2))
    assert fair.candidate == f"logistic+{method}"
    assert [trial.candidate for trial in fair.trials] == [f"logistic+{method}"]
    assert set(fair.settings) == {"C"}
    assert fair.classes == ("no", "yes")
    before, after = (selected(fitted, open_contract, biased) for fitted in (plain, fair))
    assert before["f"] / before["m"] < 0.7
    assert after["f"] / after["m"] > before["f"] / before["m"] + 0.1


def test_groups_stay_with_their_rows_through_the_folds(
    fit: Train, contract: Contract, biased: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlike = biased.drop_duplicates("income")
    sex_of = dict(zip(unlike["income"].astype("float32").tolist(), unlike["sex"], strict=True))
    seen = []
    learn = FairMixture.fit

    def noting(self: FairMixture, X: pd.DataFrame, y: np.ndarray, sensitive_features: Any = None) -> Any:
        seen.append(len(X))
        assert [sex_of[income] for income in X["income"].tolist()] == list(sensitive_features)
        self.rounds = 2  # what it learns is not asked here
        return learn(self, X, y, sensitive_features=sensitive_features)

    monkeypatch.setattr(FairMixture, "fit", noting)
    once = Candidate("logistic", LogisticRegression())
    fit(rows=unlike, contract=contract, candidates=[once], policy=under("exponentiated-gradient", folds=2))
    assert len(seen) == 3
    assert seen[-1] == len(unlike)


def test_the_policy_picks_a_mitigated_candidate_by_the_name_that_the_project_gave_it(
    fit: Train, open_contract: Contract, biased: pd.DataFrame
) -> None:
    picked = under("threshold-optimizer").model_copy(update={"candidates": ("stump",)})
    fitted = fit(rows=biased, contract=open_contract, policy=picked)
    assert fitted.candidate == "stump+threshold-optimizer"


def test_a_mitigated_forest_answers_in_one_thread(
    fit: Train, open_contract: Contract, biased: pd.DataFrame
) -> None:
    forest = Candidate("forest", RandomForestClassifier(5, n_jobs=2))
    fitted = fit(
        rows=biased, contract=open_contract, candidates=[forest], policy=under("threshold-optimizer")
    )
    assert [model["model"].n_jobs for model in fitted.pipeline.models] == [1]


def test_a_mitigation_that_does_not_fit_the_contract_stops_before_anything_is_trained(
    fit: Train,
) -> None:
    said: list[str] = []
    with pytest.raises(PolicyError, match=r"training\.mitigation"):
        fit(policy=under("threshold-optimizer"), progress=said.append)
    assert said == []


def test_a_stack_of_models_is_searched_and_one_without_probabilities_is_refused_before(
    contract: Contract, rows: pd.DataFrame
) -> None:
    def fit(final: Any) -> Fitted:
        stack = StackingClassifier([("one", LogisticRegression())], final_estimator=final)
        return train(
            rows, contract, features=features, candidates=[Candidate("stack", stack)], policy=policy()
        )

    assert set(fit(LogisticRegression()).classes) == {"no", "yes"}
    with pytest.raises(ProjectError, match="stack: StackingClassifier gives no probabilities"):
        fit(LinearSVC())


def test_halving_compares_the_last_settings_on_all_rows(fit: Train) -> None:
    many = Candidate("logistic", LogisticRegression(), {"C": loguniform(1e-9, 10.0)})
    whole = fit(candidates=[many], policy=policy(iterations=9))
    halved = fit(candidates=[many], policy=policy(iterations=9, method="halving"))
    assert set(halved.settings) == {"C"}
    assert halved.trials[0].score == pytest.approx(whole.trials[0].score, abs=0.03)
