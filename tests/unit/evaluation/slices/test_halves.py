from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.evaluation.slices.halves import halves

PLAIN = (
    Column(name="size", type="number"),
    Column(name="price", type="number", role=Role.OUTCOME),
)
CONTRACT = Contract(name="rent", columns=PLAIN)
USERS = Contract(name="rent", columns=(Column(name="who", type="text", role=Role.USER), *PLAIN))


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    size = generator.normal(size=1000)
    return pd.DataFrame({"size": size, "price": 2 * size, "who": [f"u{row % 50}" for row in range(1000)]})


def test_every_row_is_in_one_half(frame: pd.DataFrame) -> None:
    first, second = halves(frame, CONTRACT, 7)

    assert sorted([*first, *second]) == list(range(1000))
    assert 420 < len(first) < 580


def test_the_order_of_the_rows_does_not_matter(frame: pd.DataFrame) -> None:
    shuffled = frame.sample(frac=1, random_state=1)

    one, two = (set(rows["size"].iloc[halves(rows, CONTRACT, 7)[0]]) for rows in (frame, shuffled))

    assert one == two


def test_another_seed_gives_other_halves(frame: pd.DataFrame) -> None:
    assert set(halves(frame, CONTRACT, 7)[0]) != set(halves(frame, CONTRACT, 8)[0])


def test_equal_rows_fall_on_both_sides() -> None:
    same = pd.DataFrame({"size": np.ones(400), "price": np.ones(400)})

    assert 140 < len(halves(same, CONTRACT, 7)[0]) < 260


def test_the_rows_of_a_user_stay_together(frame: pd.DataFrame) -> None:
    first, second = halves(frame, USERS, 7)

    assert not set(frame["who"].iloc[first]) & set(frame["who"].iloc[second])
    assert len(first)
    assert len(second)


def test_the_order_within_a_half_is_one_of_chance(frame: pd.DataFrame) -> None:
    first, _ = halves(frame, CONTRACT, 7)

    assert abs(np.corrcoef(first, np.arange(len(first)))[0, 1]) < 0.15


def test_rows_that_name_no_user_are_cut_one_by_one(frame: pd.DataFrame) -> None:
    frame["who"] = frame["who"].where(frame.index >= 900, None)

    first, _ = halves(frame, USERS, 7)

    assert 420 < len(first) < 580
