from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError
from trunkline.evaluation import Scored
from trunkline.evaluation.fairness.groups import attribute, groups
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.area import area_interval
from trunkline.measure.by_group import group_figures
from trunkline.measure.intervals import wilson
from trunkline.measure.paired import Paired

ALL = np.ones(100, dtype=bool)


def test_a_number_is_cut_at_the_bands_of_the_contract() -> None:
    column = Column(name="age", type="integer", protected=True, bands=(18, 25))

    found = attribute(pd.DataFrame({"age": [17, 18, 24, 25, None]}), column)

    assert found.tolist() == ["under 18", "18 to <25", "18 to <25", "25 and over", "missing"]


def test_a_number_without_bands_is_cut_at_its_quartiles() -> None:
    column = Column(name="age", type="number", protected=True)

    found = attribute(pd.DataFrame({"age": np.arange(101.0)}), column)

    assert sorted(set(found)) == ["25 to <50", "50 to <75", "75 and over", "under 25"]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["a", None], "category", ["a", "missing"]),
        ([True, None, False], "boolean", ["true", "missing", "false"]),
        ([None, None], "number", ["missing", "missing"]),
    ],
)
def test_null_is_a_group_of_its_own(values: list[object], kind: str, expected: list[str]) -> None:
    column = Column.model_validate({"name": "x", "type": kind, "protected": True})
    dtype = "boolean" if kind == "boolean" else object

    assert attribute(pd.DataFrame({"x": pd.Series(values, dtype=dtype)}), column).tolist() == expected


def test_a_protected_column_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="no column sex"):
        attribute(pd.DataFrame({"x": [1]}), Column(name="sex", type="category", protected=True))


def test_groups_are_named_by_attribute_and_by_two_of_them(
    contract: Contract, rows: Callable[..., pd.DataFrame]
) -> None:
    frame = rows(300)

    found = groups(frame, contract)

    assert list(found["age"]) == ["age=under 18", "age=18 to <25", "age=25 to <35", "age=35 and over"]
    expected = (frame["colour"] == "Black") & (frame["sex"] == "Male")
    assert (found["colour & sex"]["colour=Black & sex=Male"] == expected.to_numpy()).all()
    assert set(found) == {"age", "colour", "sex", "age & colour", "age & sex", "colour & sex"}


def test_figures_of_a_group_are_those_of_its_rows(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    frame = rows(600)
    scored = answer(frame)

    figures = group_figures(
        pair_scored(scored, contract), groups(frame, contract), minimum=30, resamples=100, seed=0
    )

    found = {(figure.group, figure.name): figure for figure in figures}
    black = (frame["colour"] == "Black").to_numpy()
    free = (frame["released"] == "Yes").to_numpy()
    selection = found["colour=Black", "selection_rate"]
    assert selection.value == pytest.approx((scored.labels[black] == "Yes").mean())
    assert selection.rows == black.sum()
    assert selection.interval is not None
    assert selection.interval.low < selection.value < selection.interval.high
    true_positive = found["colour=Black", "true_positive_rate"]
    assert true_positive.value == pytest.approx((scored.labels[black & free] == "Yes").mean())
    assert true_positive.rows == (black & free).sum()


def test_small_groups_get_no_figures(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    frame = rows(200)

    figures = group_figures(
        pair_scored(answer(frame), contract), groups(frame, contract), minimum=90, resamples=50, seed=0
    )

    assert not [figure for figure in figures if figure.group == "age=under 18"]
    assert [figure for figure in figures if figure.group == "sex=Male"]


def test_groups_of_a_regression_are_compared_by_their_errors(regression: Contract) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"size": generator.normal(size=100), "sex": ["Female", "Male"] * 50})
    frame["price"] = 10.0
    answers = np.where(frame["sex"] == "Male", 12.0, 9.0)

    figures = group_figures(
        pair_scored(Scored(frame, answers, None), regression),
        groups(frame, regression),
        minimum=30,
        resamples=50,
        seed=0,
    )

    found = {(figure.group, figure.name): figure.value for figure in figures}
    assert found["sex=Male", "mean_error"] == 2.0
    assert found["sex=Female", "mean_error"] == -1.0
    assert found["sex=Female", "neg_mean_absolute_error"] == -1.0


def test_a_rate_of_a_group_that_nobody_hits_still_has_an_upper_end() -> None:
    nobody = Paired(np.tile([0, 1], 50), np.zeros(100), None, ("No", "Yes"), 1)

    figures = group_figures(nobody, {"sex": {"sex=Male": ALL}}, minimum=30, resamples=50, seed=0)

    selection = next(figure for figure in figures if figure.name == "selection_rate")
    assert selection.value == 0
    assert selection.interval == wilson(0, 100)


def test_the_area_of_a_group_has_the_interval_of_its_rows() -> None:
    truth, score = np.tile([0, 1], 50), np.tile([0.2, 0.9, 0.6, 0.5], 25)
    rows = Paired(truth, score > 0.5, np.stack([1 - score, score], axis=1), ("No", "Yes"), 1)

    figures = group_figures(rows, {"sex": {"sex=Male": ALL}}, minimum=30, resamples=50, seed=0)

    area = next(figure for figure in figures if figure.name == "roc_auc")
    assert (area.value, area.interval) == (0.75, area_interval(0.75, 50, 50))


def test_a_group_without_one_of_the_outcomes_has_no_area_and_no_rate_of_it() -> None:
    rows = Paired(np.ones(100, dtype=int), np.ones(100), np.full((100, 2), 0.5), ("No", "Yes"), 1)

    figures = group_figures(rows, {"sex": {"sex=Male": ALL}}, minimum=30, resamples=50, seed=0)

    assert {figure.name for figure in figures} == {"selection_rate", "accuracy", "true_positive_rate"}


def test_many_classes_with_a_positive_one_have_its_selection_rate_too() -> None:
    codes = np.tile([0, 1, 2, 1], 25)

    figures = group_figures(
        Paired(codes, codes, None, ("apple", "pear", "plum"), 1),
        {"sex": {"sex=Male": ALL}},
        minimum=30,
        resamples=50,
        seed=0,
    )

    assert {figure.name: figure.value for figure in figures} == {"selection_rate": 0.5, "accuracy": 1.0}


@pytest.mark.parametrize("rows", [1000, 1001])
def test_mean_errors_of_few_rows_and_of_many_have_much_the_same_interval(rows: int) -> None:
    error = np.random.default_rng(0).normal(size=rows)

    figures = group_figures(
        Paired(np.zeros(rows), error, None),
        {"sex": {"sex=Male": np.ones(rows, dtype=bool)}},
        minimum=30,
        resamples=2000,
        seed=0,
    )

    span = next(figure.interval for figure in figures if figure.name == "mean_error")
    assert span is not None
    half = 1.96 * error.std() / np.sqrt(rows)
    assert (span.low, span.high) == pytest.approx((error.mean() - half, error.mean() + half), abs=0.006)
