from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_ratio, equalized_odds_difference

from trunkline.evaluation.rates import (
    greatest_less_least,
    judged_groups,
    least_over_greatest,
    left_out,
    listed,
    rate_figures,
    rates,
    spread,
)

GENERATOR = np.random.default_rng(0)
GROUP = GENERATOR.choice(["a", "b", "c"], 400)
TRUTH = GENERATOR.integers(0, 2, 400).astype(bool)
SELECTED = (GENERATOR.uniform(size=400) < np.where(GROUP == "a", 0.4, 0.7)) | (TRUTH & (GROUP == "b"))
MASKS = {name: np.asarray(name == GROUP, dtype=bool) for name in ("a", "b", "c")}
ALL = np.ones(400, dtype=bool)
ONCE = np.ones((1, 400))


def test_the_ratio_of_rates_is_fairlearns() -> None:
    found = spread(SELECTED, ALL, MASKS, least_over_greatest)(ONCE)[0]

    assert found == pytest.approx(demographic_parity_ratio(TRUTH, SELECTED, sensitive_features=GROUP))


def test_the_difference_of_rates_is_fairlearns() -> None:
    found = max(
        spread(SELECTED, condition, MASKS, greatest_less_least)(ONCE)[0] for condition in (TRUTH, ~TRUTH)
    )

    assert found == pytest.approx(equalized_odds_difference(TRUTH, SELECTED, sensitive_features=GROUP))


def test_rates_are_taken_over_the_rows_of_the_condition() -> None:
    assert rates(SELECTED, TRUTH, MASKS)["b"] == 1.0
    assert rates(SELECTED, ALL, MASKS)["a"] == pytest.approx(SELECTED[MASKS["a"]].mean())


def test_groups_with_too_few_rows_of_the_condition_are_set_aside_with_their_size() -> None:
    condition = ALL.copy()
    condition[MASKS["c"]] = False

    judged, small = judged_groups(MASKS, condition, 10)

    assert list(judged) == ["a", "b"]
    assert small == {"c": 0}
    assert left_out(small) == " Too few rows to compare: c (0)."
    assert left_out({}) == ""


def test_the_ratio_is_undefined_where_nobody_is_selected() -> None:
    assert np.isnan(least_over_greatest(np.zeros((1, 2)))).all()


def test_rates_are_listed_least_first_with_their_rows() -> None:
    values = {"a": 0.5, "b": 0.25}

    assert listed(values, MASKS, ALL).startswith(f"0.250 in b ({MASKS['b'].sum()} rows), 0.500 in a")
    assert [figure.rows for figure in rate_figures("rate", values, MASKS, TRUTH)] == [
        (MASKS["a"] & TRUTH).sum(),
        (MASKS["b"] & TRUTH).sum(),
    ]
