from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from trunkline.core.contract import Contract
from trunkline.training.frames import model_frame
from trunkline.training.group_thresholds import Constraint, GroupThresholds, lottery, threshold

CONSTRAINTS: list[Constraint] = ["demographic-parity", "equalized-odds", "true-positive-rate-parity"]


@pytest.fixture
def rows(biased: pd.DataFrame, open_contract: Contract) -> pd.DataFrame:
    """Model frames of rows in which the groups differ."""
    return model_frame(biased, open_contract)


@pytest.fixture
def paid(biased: pd.DataFrame) -> np.ndarray:
    """Their outcomes."""
    return np.asarray(biased["paid"], dtype=object)


def thresholds(**given: Any) -> GroupThresholds:
    inner = Pipeline(
        [
            ("features", ColumnTransformer([("income", SimpleImputer(), ["income"])])),
            ("model", LogisticRegression()),
        ]
    )
    return GroupThresholds(inner, **({"attribute": "sex", "positive": "yes"} | given))


def rates(labels: np.ndarray, of: np.ndarray, rows: pd.DataFrame) -> dict[str, float]:
    sex = rows["sex"].to_numpy()
    return {group: float((labels[of & (sex == group)] == "yes").mean()) for group in ("f", "m")}


def test_without_it_the_groups_are_selected_at_unlike_rates(rows: pd.DataFrame, paid: np.ndarray) -> None:
    plain = thresholds().estimator.fit(rows, paid)
    found = rates(plain.predict(rows), np.ones(len(rows), dtype=bool), rows)
    assert found["f"] / found["m"] < 0.6


def test_demographic_parity_selects_groups_at_one_rate(rows: pd.DataFrame, paid: np.ndarray) -> None:
    labels = thresholds().fit(rows, paid).predict(rows)
    found = rates(labels, np.ones(len(rows), dtype=bool), rows)
    assert found["f"] == pytest.approx(found["m"], abs=0.04)
    assert 0.2 < found["f"] < 0.8


def test_parity_of_true_positive_rates_is_reached(rows: pd.DataFrame, paid: np.ndarray) -> None:
    labels = thresholds(constraint="true-positive-rate-parity").fit(rows, paid).predict(rows)
    found = rates(labels, paid == "yes", rows)
    assert found["f"] == pytest.approx(found["m"], abs=0.05)


def test_equalized_odds_brings_both_rates_nearer(rows: pd.DataFrame, paid: np.ndarray) -> None:
    plain = thresholds().estimator.fit(rows, paid).predict(rows)
    fair = thresholds(constraint="equalized-odds").fit(rows, paid).predict(rows)

    def worst(labels: np.ndarray) -> float:
        both = [rates(labels, of, rows) for of in (paid == "yes", paid == "no")]
        return max(abs(found["f"] - found["m"]) for found in both)

    assert worst(fair) < worst(plain) / 2


def test_the_ranking_within_a_group_stays_and_its_threshold_lands_on_one_half(
    rows: pd.DataFrame, paid: np.ndarray
) -> None:
    model = thresholds().fit(rows, paid)
    inner, shifted = model.estimator_.predict_proba(rows)[:, 1], model.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(model.predict_proba(rows).sum(axis=1), 1)
    for group, cut in model.thresholds_.items():
        of = rows["sex"].to_numpy() == group
        order = np.argsort(inner[of], kind="stable")
        assert (np.diff(shifted[of][order]) >= 0).all()
        np.testing.assert_array_equal(inner[of] > cut, shifted[of] > 0.5)


def test_the_label_is_the_likelier_outcome_whichever_class_comes_first(
    rows: pd.DataFrame, paid: np.ndarray
) -> None:
    for positive in ("yes", "no"):
        model = thresholds(positive=positive).fit(rows, paid)
        likelier = model.classes_[model.predict_proba(rows).argmax(axis=1)]
        np.testing.assert_array_equal(model.predict(rows), likelier)
        assert (model.predict(rows) == paid).mean() > 0.7


def test_a_group_that_was_never_seen_or_is_null_gets_the_threshold_of_all(
    rows: pd.DataFrame, paid: np.ndarray
) -> None:
    model = thresholds().fit(rows, paid)
    assert model.thresholds_["f"] < model.threshold_ < model.thresholds_["m"]
    inner = model.estimator_.predict_proba(rows)[:, 1]
    for other in ("x", ""):
        labels = model.predict(rows.assign(sex=other))
        np.testing.assert_array_equal(labels == "yes", inner > model.threshold_)


def test_a_group_too_small_for_a_threshold_gets_the_one_of_all(rows: pd.DataFrame, paid: np.ndarray) -> None:
    few = rows.copy()
    few.loc[:9, "sex"] = "x"
    assert set(thresholds().fit(few, paid).thresholds_) == {"f", "m"}


def test_numbers_are_grouped_by_their_bands(rows: pd.DataFrame, paid: np.ndarray) -> None:
    model = thresholds(attribute="income", bands=(40.0, 60.0)).fit(rows, paid)
    assert set(model.thresholds_) == {"under 40", "40 to <60", "60 and over"}


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_a_row_gets_the_same_answer_alone_and_among_others(
    rows: pd.DataFrame, paid: np.ndarray, constraint: Constraint
) -> None:
    model = thresholds(constraint=constraint).fit(rows, paid)
    whole = model.predict_proba(rows)
    for place in (0, 7, 999):
        np.testing.assert_allclose(model.predict_proba(rows.iloc[[place]])[0], whole[place], rtol=1e-12)


def test_twice_the_same_is_the_same(rows: pd.DataFrame, paid: np.ndarray) -> None:
    one, two = thresholds(seed=3).fit(rows, paid), thresholds(seed=3).fit(rows, paid)
    assert one.thresholds_ == two.thresholds_


def test_thresholds_are_not_chosen_on_scores_that_know_the_row(rows: pd.DataFrame, paid: np.ndarray) -> None:
    from sklearn.tree import DecisionTreeClassifier

    inner = Pipeline(
        [
            ("features", ColumnTransformer([("income", SimpleImputer(), ["income", "owner"])])),
            ("model", DecisionTreeClassifier(min_samples_leaf=2, random_state=0)),
        ]
    )
    half = len(rows) // 2
    model = GroupThresholds(inner, attribute="sex", positive="yes").fit(rows[:half], paid[:half])
    unseen = rows[half:].reset_index(drop=True)
    found = rates(model.predict(unseen), np.ones(len(unseen), dtype=bool), unseen)
    assert min(found.values()) / max(found.values()) > 0.8


def test_a_threshold_lies_between_the_scores_where_the_wanted_share_is_reached() -> None:
    scores = np.array([0.1, 0.2, 0.6, 0.8])
    wanted = np.array([0.0, 0.0, 0.5, 0.5])
    positive = np.array([False, True, False, True])
    assert threshold(scores, positive, wanted, "demographic-parity") == pytest.approx(0.7)


def test_a_threshold_of_true_positives_looks_at_them_alone() -> None:
    scores = np.array([0.1, 0.2, 0.6, 0.8, 0.9])
    positive = np.array([False, False, True, False, True])
    wanted = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    assert threshold(scores, positive, wanted, "true-positive-rate-parity") == pytest.approx(0.7)


@pytest.mark.parametrize(("chance", "least", "most"), [(0.0, 0.9, 1.0), (1.0, 0.0, 0.3)])
def test_everyone_or_no_one_can_be_selected(chance: float, least: float, most: float) -> None:
    scores = np.array([0.3, 0.5, 0.9])
    positive = np.array([True, False, True])
    cut = threshold(scores, positive, np.full(3, chance), "demographic-parity")
    assert least < cut < most


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_lottery_keeps_the_constraint_exactly(constraint: Constraint) -> None:
    random = np.random.default_rng(1)
    groups = np.array(["f"] * 600 + ["m"] * 400, dtype=object)
    scores = np.clip(random.normal(np.where(groups == "m", 0.6, 0.4), 0.2), 0, 1)
    positive = random.random(1000) < scores
    chances = lottery(scores, positive, groups, constraint)
    conditions = {
        "demographic-parity": [np.ones(1000, dtype=bool)],
        "true-positive-rate-parity": [positive],
        "equalized-odds": [positive, ~positive],
    }
    for of in conditions[constraint]:
        one, two = (chances[of & (groups == group)].mean() for group in ("f", "m"))
        assert one == pytest.approx(two, abs=1e-3)
