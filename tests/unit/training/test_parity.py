from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.training import ParityPolicy
from trunkline.tasks import Answers
from trunkline.training.frames import model_frame
from trunkline.training.parity import Parity, compare, edges, rows_at

LABELS = np.array(["no", "yes", "no"], dtype=object)
PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


def said(labels: np.ndarray = LABELS, probabilities: np.ndarray = PROBABILITIES) -> Answers:
    return Answers(labels, probabilities, ("no", "yes"))


def test_equal_answers_are_on_par(contract: Contract) -> None:
    parity = compare(said(), said(probabilities=PROBABILITIES + 5e-5), contract)
    assert parity.holds
    assert parity.rows == 3


def test_one_other_label_breaks_parity(contract: Contract) -> None:
    parity = compare(said(), said(np.array(["no", "yes", "yes"], dtype=object)), contract)
    assert (parity.labels, parity.holds) == (1, False)


def test_a_probability_that_is_too_far_away_breaks_parity(contract: Contract) -> None:
    other = PROBABILITIES.copy()
    other[1, 0] += 2e-4
    parity = compare(said(), said(probabilities=other), contract)
    assert parity.difference == pytest.approx(2e-4)
    assert not parity.holds


@pytest.mark.parametrize(("off", "holds"), [(1 + 5e-5, True), (1 + 2e-4, False)], ids=["within", "beyond"])
def test_values_are_compared_relatively(price: Contract, off: float, holds: bool) -> None:
    values = np.array([1e6, -2e6, 5e5])
    assert compare(Answers(values), Answers(values * off), price).holds is holds


def test_parities_add_up() -> None:
    both = Parity(3, 1, 0.5, 2) + Parity(2, 0, 0.7, 1, 1)
    assert both == Parity(5, 1, 0.7, 3, 1)
    assert both.said() == "1 of 5 labels differ, 3 rows by more than 0.0001, largest difference 0.7"
    assert "1 of 5 labels differ, 3 rows by more than 0.0001" in both.reason()


def one_in(rows: int, distance: float, *, other: bool = False) -> tuple[Answers, Answers]:
    """Answers to rows of which one is another."""
    labels = np.array(["no"] * rows, dtype=object)
    chances = np.tile([0.9, 0.1], (rows, 1))
    found, moved = labels.copy(), chances.copy()
    moved[0] = [0.9 - distance, 0.1 + distance]
    if other:
        found[0] = "yes"
    return said(labels, chances), said(found, moved)


@pytest.mark.parametrize(
    ("rows", "other", "edge", "holds"),
    [
        (1000, False, False, True),
        (999, False, False, False),
        (1000, True, False, False),
        (1000, False, True, False),
    ],
    ids=["one in a thousand", "more", "another label", "an edge"],
)
def test_a_share_of_rows_may_differ_by_more_but_no_label_and_no_edge(
    contract: Contract, rows: int, other: bool, edge: bool, holds: bool
) -> None:
    expected, found = one_in(rows, 0.005, other=other)
    assert compare(expected, found, contract, edge=edge).holds is holds
    assert not compare(expected, found, contract, ParityPolicy(share=0.0)).holds
    assert compare(expected, found, contract, ParityPolicy(largest=0.01), edge=edge).holds is not other


def test_an_amount_that_is_far_away_is_another_answer(price: Contract) -> None:
    values = np.full(5000, 100.0)
    near, far = values.copy(), values.copy()
    near[0], far[0] = 100.5, 102.0
    assert compare(Answers(values), Answers(near), price).holds
    assert compare(Answers(values), Answers(far), price).labels == 1


def test_rounding_has_no_digits_on_a_card() -> None:
    assert Parity(7, 0, 2.2e-16).said() == Parity(7, 0, 3.3e-16).said()


def test_the_edges_are_those_of_the_contract(contract: Contract, rows: pd.DataFrame) -> None:
    found = {edge.name: edge for edge in edges(model_frame(rows, contract), contract)}
    assert set(found) == {
        "income is 0",
        "income is 100",
        "income is null",
        "town is north",
        "town is south",
        "town is of an unknown category",
        "town is null",
        "owner is false",
        "owner is true",
    }
    assert [name for name, edge in found.items() if not edge.allowed] == ["town is of an unknown category"]
    assert pd.isna(found["income is null"].value)  # type: ignore[call-overload]
    assert found["town is null"].value == ""


def test_a_row_at_an_edge_differs_in_one_column_and_in_no_type(
    contract: Contract, rows: pd.DataFrame
) -> None:
    framed = model_frame(rows, contract)
    corners = edges(framed, contract)
    given = rows_at(corners, framed.iloc[:1])
    assert len(given) == len(corners)
    assert (given.dtypes == framed.dtypes).all()
    for place, edge in enumerate(corners):
        other = given.iloc[place].drop(edge.column)
        assert other.equals(framed.iloc[0].drop(edge.column))
        found = given[edge.column].tolist()[place]
        assert found == edge.value or (found != found and edge.value != edge.value)


def test_open_ends_are_tried_far_outside_of_what_was_seen(price: Contract, sales: pd.DataFrame) -> None:
    framed = model_frame(sales, price)
    low, high = (float(edge.value) for edge in edges(framed, price) if isinstance(edge.value, float))
    assert low < framed["area"].min() - 100
    assert high > framed["area"].max() + 100


def test_codes_and_times_have_edges_of_their_own_kind() -> None:
    contract = Contract(
        name="c",
        columns=(
            Column(name="season", type="category", categories=("1", "9"), coded=True, nullable=True),
            Column(name="seen", type="time", nullable=True),
            Column(name="y", type="number", role=Role.OUTCOME),
        ),
    )
    given = {"season": [1, 9], "seen": ["2024-05-31T22:30:00", "2025"], "y": [1.0, 2.0]}
    rows = model_frame(pd.DataFrame(given), contract)
    found = edges(rows, contract)
    asked = rows_at(found, rows.iloc[:1])
    assert asked["season"].dtype == np.float32
    assert asked["seen"].dtype == "datetime64[us]"
    assert all(edge.allowed for edge in found)
    assert set(asked["season"].dropna()) == {1.0, 9.0}
    assert set(asked["seen"].dropna()) == {pd.Timestamp("2024-05-31T22:30:00"), pd.Timestamp("2025-01-01")}
    assert asked.isna().any().all()
