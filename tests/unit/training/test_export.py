from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.errors import ExportError
from trunkline.training.export import answered, measure
from trunkline.training.parity import Answers, Edge

ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0]})


def honest(rows: pd.DataFrame) -> Answers:
    labels = np.where(rows["a"] > 1.5, "yes", "no").astype(object)
    chance = np.where(rows["a"] > 1.5, 0.8, 0.3)
    return labels, np.column_stack([1 - chance, chance])


def corner(value: float, allowed: bool = True) -> Edge:
    return Edge(f"a is {value:g}", pd.DataFrame({"a": [value]}), allowed)


def test_the_same_answers_are_measured_on_every_row_twice_and_every_edge() -> None:
    edge = corner(9.0)
    parity = measure(honest, ROWS, honest(ROWS), [(edge, honest(edge.row))])
    assert parity.holds
    assert parity.rows == 3 + 3 + 1


def test_a_form_that_is_wrong_for_single_rows_is_found() -> None:
    def wrong(rows: pd.DataFrame) -> Answers:
        labels, probabilities = honest(rows)
        return labels, probabilities if len(rows) > 1 else np.full_like(probabilities, 0.5)

    assert not measure(wrong, ROWS, honest(ROWS), []).holds


def test_a_form_that_is_wrong_at_an_edge_alone_is_found() -> None:
    def wrong(rows: pd.DataFrame) -> Answers:
        labels, probabilities = honest(rows)
        assert probabilities is not None
        return labels, np.where(rows[["a"]] > 5, 0.5, probabilities)

    edge = corner(9.0)
    assert measure(wrong, ROWS, honest(ROWS), []).holds
    assert not measure(wrong, ROWS, honest(ROWS), [(edge, honest(edge.row))]).holds


def picky(rows: pd.DataFrame) -> Answers:
    if (rows["a"] > 5).any():
        raise ValueError("never seen")
    return honest(rows)


def test_a_row_that_the_contract_allows_must_be_answered() -> None:
    with pytest.raises(ExportError, match=r"contract allows \(a is 9\): ValueError: never seen") as caught:
        answered(picky, [corner(1.0), corner(9.0)])
    assert "features.py" in caught.value.next_step


def test_a_row_that_the_contract_refuses_need_not_be_answered() -> None:
    assert [edge.name for edge, _ in answered(picky, [corner(1.0), corner(9.0, allowed=False)])] == ["a is 1"]
