from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.policy.data import Split
from trunkline.core.snapshots import Part
from trunkline.data import split_rows
from trunkline.data.rows import typed

MakeRows = Callable[[int], pd.DataFrame]
PRICES = Contract(
    name="prices",
    columns=(Column(name="size", type="number"), Column(name="price", type="number", role=Role.OUTCOME)),
)


def prices(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return typed(pd.DataFrame({"size": rng.random(count), "price": rng.exponential(1, count)}), PRICES)


VISITS = Contract(
    name="visits",
    columns=(
        Column(name="loan", type="integer", role=Role.KEY),
        Column(name="user", type="text", role=Role.USER, nullable=True),
        Column(name="x", type="integer"),
        Column(name="ill", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
    positive="yes",
)


def visits(count: int, *, seed: int = 0, nameless: float = 0.0) -> pd.DataFrame:
    """Rows of users of whom some come once and a few very often."""
    draw = np.random.default_rng(seed)
    user = np.array([f"user {n}" for n in draw.zipf(1.6, count) % 300], dtype=object)
    user[draw.random(count) < nameless] = None
    ill = np.where(draw.random(count) < 0.3, "yes", "no")
    return typed(pd.DataFrame({"loan": range(count), "user": user, "x": 1, "ill": ill}), VISITS)


def keys(parts: dict[Part, pd.DataFrame], part: Part) -> set[int]:
    return set(parts[part]["loan"])


@pytest.mark.parametrize("method", ["stratified", "random", "temporal"])
def test_every_row_lands_in_one_part_of_about_its_share(
    contract: Contract, make_rows: MakeRows, method: str
) -> None:
    parts = split_rows(make_rows(1000), contract, Split.model_validate({"method": method}))
    sizes = {name: len(rows) for name, rows in parts.items()}
    assert sum(sizes.values()) == 1000
    assert set.union(*(keys(parts, name) for name in parts)) == set(range(1000))
    assert abs(sizes["test"] - 250) <= 1
    assert abs(sizes["validation"] - 200) <= 1


@pytest.mark.parametrize("method", ["stratified", "random", "temporal"])
def test_the_order_of_the_rows_does_not_matter(contract: Contract, make_rows: MakeRows, method: str) -> None:
    split = Split.model_validate({"method": method})
    rows = make_rows(300)
    rows.loc[rows.index % 7 == 0, "loan"] = 3
    there = split_rows(rows, contract, split)
    back = split_rows(rows.sample(frac=1, random_state=3, ignore_index=True), contract, split)
    for part in there:
        pd.testing.assert_frame_equal(there[part], back[part])


def test_another_seed_gives_another_split(contract: Contract, make_rows: MakeRows) -> None:
    first, second = (split_rows(make_rows(300), contract, Split(seed=seed)) for seed in (1, 2))
    assert keys(first, "test") != keys(second, "test")


def test_stratified_parts_have_the_shares_of_the_classes(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(1000)
    parts = split_rows(rows, contract, Split())
    for part in parts.values():
        assert (part["paid"] == "no").mean() == pytest.approx((rows["paid"] == "no").mean(), abs=0.004)


def test_a_numeric_outcome_is_stratified_by_quantiles() -> None:
    rows = prices(1000)
    edges = rows["price"].quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
    test = split_rows(rows, PRICES, Split())["test"]
    counts = np.bincount(np.searchsorted(edges, test["price"]))
    assert counts.tolist() == pytest.approx([50] * 5, abs=1)


@pytest.mark.parametrize("method", ["stratified", "random", "temporal"])
def test_rows_of_one_key_never_cross_parts(contract: Contract, make_rows: MakeRows, method: str) -> None:
    rows = make_rows(600).assign(loan=np.arange(600) % 150)
    parts = split_rows(rows, contract, Split.model_validate({"method": method}))
    assert not keys(parts, "train") & keys(parts, "test")
    assert not keys(parts, "train") & keys(parts, "validation")
    assert not keys(parts, "validation") & keys(parts, "test")


def test_a_temporal_split_trains_on_the_oldest_and_tests_on_the_newest(
    contract: Contract, make_rows: MakeRows
) -> None:
    parts = split_rows(make_rows(500), contract, Split(method="temporal"))
    assert parts["train"]["year"].max() <= parts["validation"]["year"].min()
    assert parts["validation"]["year"].max() <= parts["test"]["year"].min()
    assert parts["train"]["year"].min() < parts["test"]["year"].max()


def test_a_key_is_as_old_as_its_newest_row(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(400).assign(loan=np.arange(400) // 2, year=np.tile([1990, 2020], 200))
    rows.loc[rows["loan"] < 100, "year"] = 2000
    parts = split_rows(rows, contract, Split(method="temporal"))
    assert keys(parts, "test") <= set(range(100, 200))


def test_a_temporal_split_sorts_dates_written_as_text() -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="day", type="text", role=Role.TIME),
            Column(name="x", type="integer"),
            Column(name="y", type="number", role=Role.OUTCOME),
        ),
    )
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]
    rows = typed(pd.DataFrame({"day": days[::-1], "x": range(len(days)), "y": 1.0}), contract)
    parts = split_rows(rows, contract, Split(method="temporal"))
    assert parts["test"]["day"].tolist() == days[-len(parts["test"]) :]
    assert parts["train"]["day"].tolist() == days[: len(parts["train"])]


def test_a_temporal_split_needs_an_event_time() -> None:
    with pytest.raises(PolicyError, match=r"data.split.method is temporal.*role 'time'"):
        split_rows(prices(100), PRICES, Split(method="temporal"))


def test_no_old_test_row_is_learned_when_data_grow(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(2000)
    before = split_rows(rows[:1000], contract, Split())
    after = split_rows(rows, contract, Split())
    stayed = len(keys(before, "test") & keys(after, "test"))
    assert stayed > 0.9 * len(before["test"])
    assert not keys(before, "test") & keys(after, "train")


def test_a_part_without_rows_is_an_error(contract: Contract, make_rows: MakeRows) -> None:
    with pytest.raises(DataError, match="3 rows with 3 keys are too few"):
        split_rows(make_rows(3).assign(paid=["no", "yes", "yes"]), contract, Split())


def test_rows_of_one_key_only_cannot_be_split(contract: Contract, make_rows: MakeRows) -> None:
    with pytest.raises(DataError, match="with 1 keys are too few"):
        split_rows(make_rows(300).assign(loan=1), contract, Split())


def test_a_grouped_split_keeps_all_rows_of_a_user_in_one_part() -> None:
    rows = visits(3000)
    parts = split_rows(rows, VISITS, Split(method="grouped"))
    users = {name: set(part["user"]) for name, part in parts.items()}
    assert not users["train"] & users["test"]
    assert not users["train"] & users["validation"]
    assert not users["validation"] & users["test"]
    assert set.union(*(keys(parts, name) for name in parts)) == set(range(3000))
    stratified = split_rows(rows, VISITS, Split())
    assert set(stratified["train"]["user"]) & set(stratified["test"]["user"])


def test_grouped_shares_are_of_rows_however_often_users_come() -> None:
    draw = np.random.default_rng(2)
    rows = visits(4000).assign(user=[f"user {n}" for n in (draw.random(4000) ** 2 * 400).astype(int)])
    parts = split_rows(rows, VISITS, Split(method="grouped"))
    assert len(parts["test"]) / 4000 == pytest.approx(0.25, abs=0.03)
    assert len(parts["validation"]) / 4000 == pytest.approx(0.2, abs=0.03)


def test_rows_that_name_no_user_are_units_of_their_own() -> None:
    parts = split_rows(visits(2000, nameless=0.5), VISITS, Split(method="grouped"))
    assert min(part["user"].isna().sum() for part in parts.values()) > 100


def test_a_grouped_split_does_not_depend_on_the_order_of_the_rows() -> None:
    rows, split = visits(500, nameless=0.1), Split(method="grouped")
    there = split_rows(rows, VISITS, split)
    back = split_rows(rows.sample(frac=1, random_state=3, ignore_index=True), VISITS, split)
    for part in there:
        pd.testing.assert_frame_equal(there[part], back[part])


def test_a_grouped_split_needs_a_user_column(contract: Contract, make_rows: MakeRows) -> None:
    with pytest.raises(PolicyError, match=r"data.split.method is grouped.*role 'user'.*stratified"):
        split_rows(make_rows(100), contract, Split(method="grouped"))


def test_one_user_only_cannot_be_split() -> None:
    with pytest.raises(DataError, match="300 rows with 1 users are too few"):
        split_rows(visits(300).assign(user="user 1"), VISITS, Split(method="grouped"))


def test_a_user_with_the_name_of_a_key_is_not_taken_for_it() -> None:
    rows = visits(400, nameless=0.5)
    named = rows.assign(user=rows["user"].where(rows["user"].isna(), rows["loan"].astype(str)))
    parts = split_rows(named, VISITS, Split(method="grouped"))
    assert sum(map(len, parts.values())) == 400
