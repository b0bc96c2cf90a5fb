from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_ratio,
    equalized_odds_difference,
    selection_rate,
)

from trunkline.measure.by_group import (
    Values,
    judged_groups,
    left_out,
    rates,
)
from trunkline.measure.simultaneous import greatest_difference, least_ratio

GENERATOR = np.random.default_rng(0)
GROUP = GENERATOR.choice(["a", "b", "c"], 400)
TRUTH = GENERATOR.integers(0, 2, 400).astype(bool)
SELECTED = (GENERATOR.uniform(size=400) < np.where(GROUP == "a", 0.4, 0.7)) | (TRUTH & (GROUP == "b"))
MASKS = {name: np.asarray(name == GROUP, dtype=bool) for name in ("a", "b", "c")}
ALL = np.ones(400, dtype=bool)


def test_the_ratio_of_rates_is_fairlearns() -> None:
    found = least_ratio(rates("rate", SELECTED, ALL, MASKS, 1).estimates(0.95))

    assert found.value == pytest.approx(demographic_parity_ratio(TRUTH, SELECTED, sensitive_features=GROUP))


def test_the_difference_of_rates_is_fairlearns() -> None:
    found = max(
        greatest_difference(rates("rate", SELECTED, condition, MASKS, 1).estimates(0.95)).value
        for condition in (TRUTH, ~TRUTH)
    )

    assert found == pytest.approx(equalized_odds_difference(TRUTH, SELECTED, sensitive_features=GROUP))


def test_rates_are_taken_over_the_rows_of_the_condition() -> None:
    assert rates("rate", SELECTED, TRUTH, MASKS, 1).values["b"] == 1.0
    assert rates("rate", SELECTED, ALL, MASKS, 1).values["a"] == pytest.approx(SELECTED[MASKS["a"]].mean())


def test_rates_are_those_of_fairlearns_frame_of_all_rows() -> None:
    frame = MetricFrame(
        metrics=selection_rate,
        y_true=TRUTH[TRUTH],
        y_pred=SELECTED[TRUTH],
        sensitive_features=GROUP[TRUTH],
    )

    assert rates("rate", SELECTED, TRUTH, MASKS, 1).values == pytest.approx(frame.by_group.to_dict())


def test_groups_with_too_few_rows_of_the_condition_are_set_aside_with_their_size() -> None:
    condition = ALL.copy()
    condition[MASKS["c"]] = False

    judged, small = judged_groups(MASKS, condition, 10)
    found = rates("rate", SELECTED, condition, MASKS, 10)

    assert list(judged) == list(found.values) == ["a", "b"]
    assert small == found.small == {"c": 0}
    assert left_out(found.small, found.minimum) == " Too few rows to compare (10 are asked for): c (0)."


def test_one_group_or_none_is_not_comparable() -> None:
    assert not rates("rate", SELECTED, ALL, MASKS, 1000).comparable
    assert not rates("rate", SELECTED, ALL, {"a": MASKS["a"]}, 1).comparable
    assert rates("rate", SELECTED, ALL, MASKS, 1).comparable


def test_rates_are_listed_least_first_with_their_rows() -> None:
    found = Values("rate", {"a": 0.5, "b": 0.25}, {"a": 1200, "b": 40})

    assert found.listed() == "0.250 in b (40 rows), 0.500 in a (1,200 rows)"
    assert [(figure.name, figure.group, figure.rows) for figure in found.figures()] == [
        ("rate", "a", 1200),
        ("rate", "b", 40),
    ]


def test_of_many_groups_the_least_and_the_greatest_are_listed() -> None:
    groups = {f"g{number}": number / 10 for number in range(9)}

    words = Values("rate", groups, dict.fromkeys(groups, 40)).listed()

    assert words.split(", ")[1:4] == [
        "0.100 in g1 (40 rows)",
        "5 more groups between",
        "0.700 in g7 (40 rows)",
    ]
    assert words.endswith("0.800 in g8 (40 rows)")


def test_of_many_groups_left_out_the_greatest_are_named() -> None:
    words = left_out({f"g{number}": number for number in range(8)}, 20)

    assert words == " Too few rows to compare (20 are asked for): g7 (7), g6 (6), g5 (5), g4 (4), and 4 more."


def test_of_groups_left_out_it_is_said_how_many_rows_would_do_for_the_least() -> None:
    assert "x (17), y (9); about 4 times as many test rows would do." in left_out({"y": 9, "x": 17}, 30)
    assert "about 2 times" in left_out({"x": 29}, 30)
    assert left_out({}, 30) == ""


def test_each_rate_has_an_interval_of_its_own() -> None:
    found = Values("rate", {"a": 0.0, "b": 0.5}, {"a": 30, "b": 30}).estimates(0.95)

    assert found.lows[0] == 0
    assert found.highs[0] == pytest.approx(0.1135, abs=1e-3)
    assert found.lows[1] < 0.5 < found.highs[1]
