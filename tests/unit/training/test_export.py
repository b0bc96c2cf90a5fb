from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.tasks import Answers
from trunkline.training.export import answered, measure
from trunkline.training.exporters.exporter import Wanted
from trunkline.training.parity import Edge, rows_at

ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0]})


def honest(rows: pd.DataFrame) -> Answers:
    labels = np.where(rows["a"] > 1.5, "yes", "no").astype(object)
    chance = np.where(rows["a"] > 1.5, 0.8, 0.3)
    return Answers(labels, np.column_stack([1 - chance, chance]), ("no", "yes"))


@dataclass
class Form:
    """A form of the model that is wrong where `wrong` says so, and remembers how many rows it was asked for."""

    wrong_each: bool = False
    wrong_above: float = np.inf
    asked: list[int] = field(default_factory=list)

    def ask(self, rows: pd.DataFrame) -> Answers:
        self.asked.append(len(rows))
        said = honest(rows)
        assert said.probabilities is not None
        return replace(said, probabilities=np.where(rows[["a"]] > self.wrong_above, 0.5, said.probabilities))

    def ask_each(self, rows: pd.DataFrame) -> Answers:
        said = honest(rows)
        return replace(said, probabilities=np.full((len(rows), 2), 0.5)) if self.wrong_each else said


def corner(value: float, allowed: bool = True) -> Edge:
    return Edge(f"a is {value:g}", "a", value, allowed)


def corners(*values: float) -> tuple[pd.DataFrame, Answers]:
    given = rows_at([corner(value) for value in values], ROWS.iloc[:1])
    return given, honest(given)


def wanted(*edges: tuple[pd.DataFrame, Answers]) -> Wanted:
    return Wanted(ROWS, honest(ROWS), edges)


def test_the_same_answers_are_measured_on_every_row_twice_and_every_edge(contract: Contract) -> None:
    parity = measure(Form(), wanted(corners(9.0, 10.0)), contract)
    assert parity.holds
    assert parity.rows == 3 + 3 + 2


def test_a_form_that_is_wrong_for_single_rows_is_found(contract: Contract) -> None:
    assert not measure(Form(wrong_each=True), wanted(), contract).holds


def test_a_form_that_is_wrong_at_an_edge_alone_is_found(contract: Contract) -> None:
    wrong = Form(wrong_above=5)
    assert measure(wrong, wanted(), contract).holds
    assert not measure(wrong, wanted(corners(4.0, 9.0)), contract).holds


def test_the_edges_of_two_thousand_columns_are_asked_for_in_a_few_calls() -> None:
    wide = pd.DataFrame({f"c{place}": [1.0] for place in range(2000)} | {"a": [1.0]})
    every = [Edge(f"{name} is {value}", name, value) for name in map(str, wide) for value in (0.0, 9.0)]
    form = Form()
    found = answered(form.ask, every, wide)
    assert sum(len(given) for given, _ in found) == 4002
    assert len(form.asked) < 10


def picky(rows: pd.DataFrame) -> Answers:
    if (rows["a"] > 5).any():
        raise ValueError("never seen")
    return honest(rows)


@pytest.mark.parametrize("before", [0, 1, 2, 5, 64])
@pytest.mark.parametrize("after", [0, 1, 7])
def test_a_row_that_the_contract_allows_must_be_answered_and_is_named(before: int, after: int) -> None:
    given = [*(corner(1.0) for _ in range(before)), corner(9.0), *(corner(2.0) for _ in range(after))]
    with pytest.raises(ExportError, match=r"contract allows \(a is 9\): ValueError: never seen") as caught:
        answered(picky, given, ROWS.iloc[:1])
    assert "features.py" in caught.value.next_step


def test_a_row_that_the_contract_refuses_need_not_be_answered() -> None:
    found = answered(picky, [corner(1.0), corner(9.0, allowed=False)], ROWS.iloc[:1])
    assert [given["a"].tolist() for given, _ in found] == [[1.0]]
