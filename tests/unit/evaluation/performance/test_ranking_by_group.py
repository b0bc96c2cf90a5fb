"""Of a ranking each group of people has its hits and its popularity bias, with intervals over users."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.evaluation.performance.figures import measure
from trunkline.measure.paired import Array
from trunkline.tasks.answers import objects

COLUMNS = (
    Column(name="id", type="text", role=Role.KEY),
    Column(name="user", type="text", role=Role.USER),
    Column(name="item", type="text", role=Role.ITEM),
    Column(name="sex", type="category", role=Role.AUDIT, protected=True, categories=("f", "m")),
    Column(name="age", type="number"),
    Column(name="bought", type="boolean", role=Role.OUTCOME),
)
CONTRACT = Contract(name="n", columns=COLUMNS, answer="ranking")
USERS = 80


def rows(times: int) -> tuple[Array, Array, pd.DataFrame]:
    """Everybody is shown `a`; men like it, half of the women `b` and half `c`, of which few like the second."""
    people = [(f"u{user}", "m" if user % 2 else "f", user) for user in range(USERS)] * times
    liked = ["a" if sex == "m" else "b" if number % 3 else "c" for _, sex, number in people]
    frame = pd.DataFrame({"user": [one[0] for one in people], "sex": [one[1] for one in people]})
    shown = [[{"item": "a", "score": 1.0}] for _ in people]
    return objects([{item: True} for item in liked]), objects(shown), frame


def test_who_is_shown_what_others_like_has_the_greater_bias() -> None:
    truth, shown, frame = rows(1)
    found = {
        (one.name, one.group): one
        for one in measure(truth, shown, None, CONTRACT, frame=frame, resamples=200)
    }
    assert found["hit_rate_at_10", "sex=m"].value == 1.0
    assert found["hit_rate_at_10", "sex=f"].value == 0.0
    assert found["neg_popularity_bias", "sex=m"].value == 0.0
    # `a` stands above both others, `b` above `c`: half and whole of the scale too popular.
    liked_c = np.mean([user % 3 == 0 for user in range(0, USERS, 2)])
    women = found["neg_popularity_bias", "sex=f"]
    assert women.value == pytest.approx(-(1 + liked_c) / 2)
    assert women.interval is not None
    assert women.interval.low < women.value < women.interval.high < 0
    assert women.rows == USERS // 2
    assert found["catalogue_coverage", ""].value == pytest.approx(1 / 3)


def test_a_users_rows_repeated_make_no_interval_narrower() -> None:
    def width(times: int) -> float:
        truth, shown, frame = rows(times)
        figures = measure(truth, shown, None, CONTRACT, frame=frame, resamples=400)
        span = next(
            one.interval for one in figures if (one.name, one.group) == ("neg_popularity_bias", "sex=f")
        )
        assert span is not None
        return span.high - span.low

    assert width(4) == pytest.approx(width(1), rel=0.2)
