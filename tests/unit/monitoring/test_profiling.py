from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.inputs.counting import CATEGORIES
from trunkline.inputs.profiles import CategoryProfile, NumberProfile, PartsProfile
from trunkline.monitoring import (
    Profile,
    profile_answers,
    profile_like,
    reference_profile,
    watched,
)
from trunkline.predictions import Prediction

Columns = dict[str, list[Any]]


def _one(kind: str, **more: Any) -> Contract:
    return Contract(
        name="one",
        positive="Yes",
        columns=(
            Column(name="x", type=kind, **more),
            Column(name="y", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
        ),
    )


def _counts(profile: Profile) -> tuple[int, ...]:
    column = profile.columns["x"]
    assert not isinstance(column, PartsProfile)
    return column.counts


def test_keys_users_and_event_times_are_not_watched(contract: Contract) -> None:
    assert [column.name for column in watched(contract)] == ["age", "income", "employed", "colour"]


def test_an_integer_with_few_values_gets_one_bin_a_value() -> None:
    profile = reference_profile({"x": [0, 1, 1, 3]}, _one("integer")).columns["x"]
    assert isinstance(profile, NumberProfile)
    assert profile.edges == (-0.5, 0.5, 1.5, 2.5, 3.5)
    assert profile.counts == (0, 1, 2, 0, 1, 0)


def test_a_number_gets_bins_of_about_equal_counts(reference: Profile) -> None:
    income = reference.columns["income"]
    assert isinstance(income, NumberProfile)
    assert income.counts[0] == income.counts[-1] == 0
    assert set(income.counts[1:-1]) == {200}


def test_no_edge_lies_on_a_value_so_rounding_moves_no_row() -> None:
    scores = np.repeat([0.1, 0.2, 0.3, 0.7], [30, 30, 30, 10])
    contract = _one("number")
    profile = reference_profile(
        {"x": scores.tolist()}, contract, labels=["Yes"] * 100, scores=scores.tolist()
    )
    blurred = np.float32(scores).astype(float)
    again = profile_like(
        profile, contract, {"x": blurred.tolist()}, labels=["Yes"] * 100, scores=blurred.tolist()
    )
    assert profile.score is not None
    assert again.score is not None
    assert again.score.counts == profile.score.counts
    assert _counts(again) == _counts(profile)


def test_values_outside_the_reference_are_counted_as_below_and_above() -> None:
    reference = reference_profile({"x": [10.0, 11.5, 12.0]}, _one("number"))
    counts = _counts(profile_like(reference, _one("number"), {"x": [-1.0, 99.0, 98.0]}))
    assert (counts[0], counts[-1]) == (1, 2)


@pytest.mark.parametrize("null", [None, math.nan, math.inf])
def test_what_is_no_finite_number_is_null(null: Any) -> None:
    profile = reference_profile({"x": [1.0, null, 2.0]}, _one("number")).columns["x"]
    assert (profile.count, profile.nulls) == (2, 1)


def test_a_column_of_nulls_only_has_no_moments() -> None:
    profile = reference_profile({"x": [None, None]}, _one("number")).columns["x"]
    assert isinstance(profile, NumberProfile)
    assert (profile.count, profile.nulls, profile.mean) == (0, 2, None)


def test_booleans_are_counted_as_their_words() -> None:
    profile = reference_profile({"x": [True, False, True, None]}, _one("boolean")).columns["x"]
    assert isinstance(profile, CategoryProfile)
    assert dict(zip(profile.values, profile.counts, strict=True)) == {"false": 1, "true": 2}
    assert profile.nulls == 1


def test_categories_keep_the_order_of_the_contract() -> None:
    contract = _one("category", categories=("low", "high"))
    profile = reference_profile({"x": ["high", "low", "odd"]}, contract).columns["x"]
    assert isinstance(profile, CategoryProfile)
    assert profile.values == ("low", "high", "odd")


def test_categories_beyond_the_cap_share_a_cell() -> None:
    values = [f"v{index:03}" for index in range(CATEGORIES + 5)]
    profile = reference_profile({"x": values}, _one("category")).columns["x"]
    assert isinstance(profile, CategoryProfile)
    assert (len(profile.values), profile.other) == (CATEGORIES, 5)


def test_a_value_that_the_reference_never_saw_is_named() -> None:
    reference = reference_profile({"x": ["a", "b"]}, _one("category"))
    profile = profile_like(reference, _one("category"), {"x": ["a", "c", "c"]}).columns["x"]
    assert isinstance(profile, CategoryProfile)
    assert (profile.other, profile.unseen) == (2, {"c": 2})


def test_a_column_that_the_window_lacks_is_null_in_every_row(reference: Profile, contract: Contract) -> None:
    profile = profile_like(reference, contract, {"age": [20, 30]})
    assert profile.rows == 2
    assert profile.columns["income"].nulls == 2


def test_a_reference_without_a_feature_is_refused(contract: Contract) -> None:
    with pytest.raises(DataError, match="lacks employed, income"):
        reference_profile({"age": [1]}, contract)


def test_a_text_in_a_numeric_column_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"column x .* 'many'"):
        reference_profile({"x": [1, "many"]}, _one("number"))


def test_the_same_rows_give_the_same_bytes(contract: Contract, draw: Callable[..., Columns]) -> None:
    columns = draw(300, 5)
    scores = columns.pop("score")
    labels = np.where(np.array(scores) > 0.5, "Yes", "No")
    one = reference_profile(columns, contract, labels=labels.tolist(), scores=scores)
    arrays = {name: np.array(values) for name, values in columns.items()}
    other = reference_profile(arrays, contract, labels=labels.astype(object), scores=np.array(scores))  # type: ignore[arg-type]
    assert one.canonical() == other.canonical()


def test_logged_answers_are_profiled_like_arrays(
    reference: Profile,
    contract: Contract,
    draw: Callable[..., Columns],
    answers: Callable[..., tuple[Prediction, ...]],
) -> None:
    columns = draw(50, 9)
    logged = profile_answers(reference, answers(columns), contract)
    scores = columns.pop("score")
    labels = ["Yes" if score > 0.5 else "No" for score in scores]
    assert logged == profile_like(reference, contract, columns, labels=labels, scores=scores)


def test_what_is_no_answer_of_the_task_is_said_and_no_traceback(
    reference: Profile, contract: Contract, answer: Callable[..., Prediction]
) -> None:
    with pytest.raises(DataError, match="no answer of a classification"):
        profile_answers(reference, [answer(outputs={"answer": "Yes"})], contract)
