from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cases import Ask, row_case
from trunkline.core.contract import Contract
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.gates.row_order import RowOrder
from trunkline.measure.paired import Array


@pytest.fixture
def frame(rows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return rows(120)


def asked(ask: Ask, frame: pd.DataFrame, contract: Contract) -> Verdict:
    return RowOrder().verdict(row_case(ask, frame, contract, test=Scored(frame, np.zeros(len(frame)), None)))


def scored(frame: pd.DataFrame, chance: Array) -> Scored:
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


def test_a_model_that_looks_at_each_row_alone_passes(
    contract: Contract, frame: pd.DataFrame, answer: Callable[..., Scored]
) -> None:
    found = asked(lambda asked: answer(asked), frame, contract)

    assert found.outcome == "pass"
    changed = found.figures[0]
    assert (changed.name, changed.value, changed.rows) == ("changed_answers", 0, 120)
    assert changed.interval is not None
    assert 0 < changed.interval.high < 0.05


def test_a_model_that_ranks_the_rows_of_a_request_fails(contract: Contract, frame: pd.DataFrame) -> None:
    found = asked(lambda asked: scored(asked, asked["skill"].rank(pct=True).to_numpy()), frame, contract)

    assert found.outcome == "fail"
    assert "in half a batch" in found.reason
    assert found.threshold is not None
    assert found.figures[0].interval is not None


def test_a_model_that_looks_at_the_row_before_fails(contract: Contract, frame: pd.DataFrame) -> None:
    def ask(asked: pd.DataFrame) -> Scored:
        return scored(asked, 1 / (1 + np.exp(-asked["skill"].shift(1, fill_value=0.0).to_numpy())))

    found = asked(ask, frame, contract)

    assert found.outcome == "fail"
    assert "in another order" in found.reason


def test_a_model_that_draws_lots_fails(contract: Contract, frame: pd.DataFrame) -> None:
    generator = np.random.default_rng(0)

    found = asked(lambda batch: scored(batch, generator.uniform(size=len(batch))), frame, contract)

    assert found.outcome == "fail"
    assert "a second time" in found.reason


def test_a_model_that_cannot_answer_a_single_row_fails(
    contract: Contract, frame: pd.DataFrame, answer: Callable[..., Scored]
) -> None:
    def ask(asked: pd.DataFrame) -> Scored:
        if len(asked) == 1:
            raise ValueError("needs two rows")
        return answer(asked)

    found = asked(ask, frame, contract)

    assert found.outcome == "fail"
    assert "alone raised ValueError: needs two rows" in found.reason


def test_a_change_within_rounding_is_none(
    contract: Contract, frame: pd.DataFrame, answer: Callable[..., Scored]
) -> None:
    def ask(asked: pd.DataFrame) -> Scored:
        chances = answer(asked).probabilities
        assert chances is not None
        return scored(asked, chances[:, 1] + 1e-7 / len(asked))

    assert asked(ask, frame, contract).outcome == "pass"


def test_numbers_are_compared_relative_to_their_size(regression: Contract) -> None:
    frame = pd.DataFrame({"size": np.arange(40.0)})

    def ask(asked: pd.DataFrame) -> Scored:
        return Scored(asked, asked["size"].to_numpy() * 1e6 + 1.0 / len(asked), None)

    def shifted(asked: pd.DataFrame) -> Scored:
        return Scored(asked, asked["size"].to_numpy() + 1.0 / len(asked), None)

    assert asked(ask, frame.iloc[1:], regression).outcome == "pass"
    assert asked(shifted, frame, regression).outcome == "fail"


def test_one_row_says_nothing_about_order(
    contract: Contract, frame: pd.DataFrame, answer: Callable[..., Scored]
) -> None:
    assert asked(lambda asked: answer(asked), frame.iloc[:1], contract).outcome == "inconclusive"
