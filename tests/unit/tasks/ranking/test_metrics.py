"""Metrics of rankings on lists whose values are counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.measure.paired import Paired
from trunkline.tasks.answers import objects
from trunkline.tasks.ranking.metrics import METRICS


def paired(truths: list[dict[str, bool]], lists: list[str]) -> Paired:
    shown = [[{"item": item, "score": 1.0} for item in text] for text in lists]
    return Paired(objects(truths), objects(shown), None, task="ranking")


def value(name: str, truths: list[dict[str, bool]], lists: list[str]) -> Any:
    return METRICS[name](paired(truths, lists))


def test_hits_count_among_the_first_k_alone() -> None:
    truth = [{"k": True}, {"j": True}, {"x": True, "a": False}]
    lists = ["abcdefghijk"] * 3
    assert value("hit_rate_at_10", truth, lists).tolist() == [0.0, 1.0, 0.0]
    assert value("click_through_rate", truth, lists).tolist() == [1.0, 1.0, 0.0]
    assert value("mrr_at_10", truth, lists).tolist() == [0.0, 0.1, 0.0]


def test_recall_is_a_share_of_all_that_was_right_and_ndcg_of_the_best_order() -> None:
    truth = [{"a": True, "c": True, "z": True, "b": False}]
    assert value("recall_at_10", truth, ["abc"])[0] == pytest.approx(2 / 3)
    best = 1 + 1 / np.log2(3) + 1 / 2
    assert value("ndcg_at_10", truth, ["abc"])[0] == pytest.approx((1 + 1 / 2) / best)


def test_silence_counts_as_nothing_right_and_an_empty_list_as_nothing_shown() -> None:
    for name in METRICS:
        assert np.isfinite(value(name, [{}, {"a": True}], ["ab", ""])).all()
    assert value("hit_rate_at_10", [{}, {"a": True}], ["ab", ""]).tolist() == [0.0, 0.0]


def test_coverage_is_the_share_of_the_catalogue_that_somebody_is_shown() -> None:
    truth = [{"a": True}, {"c": True}, {"d": True}]
    assert value("catalogue_coverage", truth, ["ab", "ab", "ab"]).mean() == pytest.approx(2 / 4)
    assert value("catalogue_coverage", truth, ["ab", "cd", "ab"]).mean() == pytest.approx(1)


def test_who_likes_what_few_like_and_is_shown_what_all_like_pulls_the_bias_down() -> None:
    truth = [{"a": True}, {"a": True}, {"a": True}, {"b": True}, {"b": True}, {"c": True}]
    bias = value("neg_popularity_bias", truth, ["a"] * 6)
    assert bias.tolist() == [0.0, 0.0, 0.0, -0.5, -0.5, -1.0]
