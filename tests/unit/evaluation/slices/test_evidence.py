from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from trunkline.core.policy.gates import SliceGates
from trunkline.evaluation.slices.evidence import Rise, above_zero, against_rest, apart, holm, measure_slices
from trunkline.evaluation.slices.search import Slice
from trunkline.tasks import Losses


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


def test_holm_steps_down_and_stops_at_the_first_that_does_not_reject() -> None:
    answers = holm([rise(p) for p in (0.04, 0.001, 0.02, 0.024)], 0.05)

    # sorted: 0.001 at 0.05/4, 0.02 at 0.05/3 which stops, so 0.024 and 0.04 are not rejected either
    assert [answer.rejected for answer in answers] == [False, True, False, False]
    assert [answer.alone for answer in answers] == [True] * 4
    assert [answer.alpha for answer in answers] == pytest.approx([0.05 / 3, 0.05 / 4, 0.05 / 3, 0.05 / 3])


def test_holm_rejects_more_than_one_level_for_all_would() -> None:
    answers = holm([rise(p) for p in (0.01, 0.02)], 0.05)

    assert [answer.rejected for answer in answers] == [True, True]


def test_false_rejections_are_rare_over_many_slices() -> None:
    generator = np.random.default_rng(0)
    masks = [np.arange(600) % 10 == place for place in range(10)]
    wrong = 0
    for _ in range(200):
        values = generator.exponential(size=600)
        answers = holm([against_rest(values, mask) for mask in masks], 0.05)
        wrong += any(answer.rejected for answer in answers)

    assert wrong <= 20


def test_slices_are_measured_as_shares_of_the_baselines_loss() -> None:
    mask = np.arange(400) < 100
    model = np.where(mask, 0.5, 0.1) + 0.01 * np.random.default_rng(0).normal(size=400)
    confirm = Losses("Brier score", model, np.full(400, 0.2), model, False)
    part = Slice("age < 25", mask, ("age",))

    (found,) = measure_slices(
        [part], [against_rest(model, mask)], [0.1], confirm, np.arange(400), SliceGates()
    )

    assert found.effect == pytest.approx(2.0, abs=0.05)
    assert found.interval.low < found.effect < found.interval.high
    assert (found.rows, found.there) == (100, 0.1)
    assert found.here == pytest.approx(0.5, abs=0.01)
    assert found.confirmed
    assert found.figure("gap").group == "age < 25"


def test_an_effect_that_is_sure_but_small_is_not_confirmed() -> None:
    mask = np.arange(20_000) < 10_000
    model = np.where(mask, 0.11, 0.1) + 0.01 * np.random.default_rng(0).normal(size=20_000)
    confirm = Losses("Brier score", model, np.full(20_000, 0.2), model, False)

    (found,) = measure_slices(
        [Slice("a", mask, ("a",))],
        [against_rest(model, mask)],
        [0.1],
        confirm,
        np.arange(20_000),
        SliceGates(),
    )

    assert found.interval.low > 0
    assert not found.confirmed
    assert not found.alone


def test_of_slices_that_share_their_rows_the_surest_is_kept() -> None:
    rows = np.arange(300)
    masks = {"all": rows < 200, "inner": rows < 100, "other": rows >= 200}
    model = np.where(rows < 200, 0.9, np.where(rows < 260, 0.8, 0.0))
    confirm = Losses("Brier score", model, np.full(300, 0.2), model, False)
    parts = [Slice(name, mask, ()) for name, mask in masks.items()]
    found = measure_slices(
        parts, [above_zero(model, part.mask) for part in parts], [0.0] * 3, confirm, rows, SliceGates()
    )

    assert [one.slice.words for one in apart(found)] == ["all", "other"]


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
