from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from trunkline.measure.multiplicity import holm_levels
from trunkline.measure.rise import Rise, above_zero, against_rest


def rise(p_value: float) -> Rise:
    return Rise(float(student.isf(p_value, 1000)), 1.0, 1000.0)


def test_welchs_test_is_that_of_scipy_where_the_slice_varies_more() -> None:
    generator = np.random.default_rng(0)
    mask = np.arange(500) < 80
    values = generator.normal(size=500) * np.where(mask, 3.0, 1.0) + 0.5 * mask

    found = against_rest(values, mask)

    scipys = ttest_ind(values[mask], values[~mask], equal_var=False, alternative="greater")
    assert found.p_value == pytest.approx(scipys.pvalue)
    assert found.statistic == pytest.approx(scipys.statistic)


def test_students_test_is_that_of_scipy_where_the_slice_varies_more() -> None:
    generator = np.random.default_rng(0)
    mask = np.arange(500) < 80
    values = generator.normal(size=500) * np.where(mask, 3.0, 1.0) + 0.5 * mask

    assert above_zero(values, mask).p_value == pytest.approx(
        ttest_1samp(values[mask], 0, alternative="greater").pvalue
    )


def test_a_few_rows_that_happen_to_be_alike_prove_nothing() -> None:
    values = np.random.default_rng(0).normal(size=500)
    mask = np.arange(500) < 50
    values[mask] = 0.05

    assert above_zero(values, mask).p_value > 0.3
    assert against_rest(values, mask).p_value > 0.2


def test_values_that_never_differ_are_no_error() -> None:
    mask = np.arange(100) < 50

    assert against_rest(np.zeros(100), mask).p_value == pytest.approx(0.5)
    assert above_zero(np.ones(100), mask).p_value < 1e-9


def test_an_interval_leaves_zero_out_just_where_the_test_rejects() -> None:
    for p_value in (0.0099, 0.0101):
        assert (rise(p_value).interval(0.01).low > 0) == (p_value < 0.01)
    assert rise(0.01).interval(0.01).level == 0.98


def test_users_who_repeat_prove_no_more_than_they_would_with_one_row_each() -> None:
    generator = np.random.default_rng(0)
    who = np.repeat(np.arange(100), 20)
    mask = who < 20
    rejected = {"rows": 0, "users": 0}
    for _ in range(200):
        values = generator.normal(size=100)[who]
        for name, users in (("rows", None), ("users", who)):
            rejected[name] += against_rest(values, mask, users).p_value < 0.05
            rejected[name] += above_zero(values, mask, users).p_value < 0.05

    assert rejected["rows"] / 400 > 0.2
    assert rejected["users"] / 400 == pytest.approx(0.04, abs=0.03)


def test_a_slice_of_users_who_err_is_still_found() -> None:
    who = np.repeat(np.arange(100), 5)
    values = np.random.default_rng(1).normal(size=500) + 2.0 * (who < 20)

    assert against_rest(values, who < 20, who).p_value < 1e-6
    assert above_zero(values, who < 20, who).p_value < 1e-6


def test_false_rejections_are_rare_over_many_slices() -> None:
    generator = np.random.default_rng(0)
    masks = [np.arange(600) % 10 == place for place in range(10)]
    wrong = 0
    for _ in range(200):
        values = generator.exponential(size=600)
        p_values = [against_rest(values, mask).p_value for mask in masks]
        wrong += any(one < level for one, level in zip(p_values, holm_levels(p_values, 0.05), strict=True))

    assert wrong <= 20
