from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cases import Ask, row_case
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.gates.unseen import Unseen, probes

CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="age", type="integer", minimum=10, maximum=110),
        Column(name="income", type="number", nullable=True),
        Column(name="colour", type="category", categories=("Black", "Green", "White")),
        Column(name="citizen", type="boolean"),
        Column(name="note", type="text"),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
FRAME = pd.DataFrame(
    {
        "age": [20, 30, 40, 50],
        "income": [1.0, 2.0, 3.0, 4.0],
        "colour": ["Black", "White", "Black", "White"],
        "citizen": [True, True, True, True],
        "note": ["a", "b", "c", "d"],
        "released": ["Yes", "No", "Yes", "No"],
    }
)


def asked(ask: Ask, frame: pd.DataFrame, contract: Contract, seen: pd.DataFrame) -> Verdict:
    test, train = (Scored(rows, np.zeros(len(rows)), None) for rows in (frame, seen))
    return Unseen().verdict(replace(row_case(ask, frame, contract, test=test), train=train))


def answering(rows: pd.DataFrame) -> Scored:
    chance = np.full(len(rows), 0.5)
    labels = np.array(["Yes"] * len(rows), dtype=object)
    return Scored(rows, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


def column(**given: Any) -> Column:
    return Column(**{"name": "x"} | given)


def test_a_model_that_answers_everything_passes_and_says_how_much_was_asked() -> None:
    found = asked(answering, FRAME, CONTRACT, FRAME)

    assert found.outcome == "pass"
    # two ends of age, two of income and a null, one colour, one boolean, four texts
    assert "11 such values" in found.reason


def test_an_encoder_that_knows_only_what_it_saw_is_red() -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        if unknown := set(rows["colour"]) - {"Black", "White"}:
            raise ValueError(f"Found unknown categories {sorted(unknown)}")
        return answering(rows)

    found = asked(ask, FRAME, CONTRACT, FRAME)

    assert (found.gate, found.outcome) == ("robustness/unseen", "fail")
    assert found.stops
    assert (
        "colour = 'Green' (training never had it) gave ValueError: Found unknown categories" in found.reason
    )
    assert "citizen" not in found.reason


def test_a_category_that_only_the_test_rows_have_counts_as_unseen() -> None:
    seen: list[str] = []

    def ask(rows: pd.DataFrame) -> Scored:
        seen.extend(rows["colour"])
        return answering(rows)

    asked(ask, FRAME, CONTRACT, FRAME[FRAME["colour"] == "Black"])

    assert seen.count("White") > seen.count("Black") / 4
    assert "Green" in seen


def test_a_number_at_its_end_that_overflows_is_red() -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        answers = answering(rows)
        assert answers.probabilities is not None
        answers.probabilities[(rows["age"] == 110).to_numpy()] = np.nan
        return answers

    found = asked(ask, FRAME, CONTRACT, FRAME)

    assert found.outcome == "fail"
    assert "age = 110 (the contract's greatest value)" in found.reason
    assert "not finite" in found.reason


def test_a_null_that_training_never_had_is_asked() -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        if rows["income"].isna().any():
            raise ValueError("NaN")
        return answering(rows)

    assert "income = null" in asked(ask, FRAME, CONTRACT, FRAME).reason


def test_a_text_that_is_empty_or_long_is_asked() -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        if rows["note"].str.len().max() > 1000:
            raise MemoryError("too long")
        return answering(rows)

    found = asked(ask, FRAME, CONTRACT, FRAME)

    assert found.outcome == "fail"
    assert "(2002 characters)" in found.reason


def test_every_feature_that_fails_is_named() -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        if not rows["citizen"].all() or "Green" in set(rows["colour"]):
            raise ValueError("unknown")
        return answering(rows)

    found = asked(ask, FRAME, CONTRACT, FRAME)

    assert found.figures[0].value == 2
    count = found.figures[1]
    assert count.name == "values_asked"
    assert count.rows == 4 * count.value > 0
    assert "colour" in found.reason
    assert "citizen" in found.reason


def test_no_rows_are_inconclusive() -> None:
    assert asked(answering, FRAME.iloc[:0], CONTRACT, FRAME).outcome == "inconclusive"


def test_a_contract_whose_values_training_had_all_leaves_nothing_to_ask() -> None:
    contract = Contract(
        name="c",
        columns=(
            column(type="category", categories=("a", "b")),
            Column(name="y", type="number", role=Role.OUTCOME),
        ),
    )
    frame = pd.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0]})

    found = asked(answering, frame, contract, frame)

    assert found.outcome == "pass"
    assert "every value" in found.reason


def test_an_open_end_is_asked_beyond_what_training_had() -> None:
    found = probes(column(type="number", minimum=0.0), pd.Series([10.0, 30.0]))

    assert [probe.value for probe in found] == [0.0, 50.0]


def test_what_lies_beyond_an_open_end_does_not_cross_the_other() -> None:
    found = probes(column(type="number", maximum=-5.0), pd.Series([-5.0, -5.0]))

    assert [probe.value for probe in found] == [-10.0, -5.0]


def test_whole_numbers_stay_whole_and_fit_64_bits() -> None:
    found = probes(column(type="integer", minimum=0.5, maximum=1e300), pd.Series([1, 2]))

    assert [probe.value for probe in found] == [1, 2**62]


@pytest.mark.parametrize(("values", "asked"), [([True, False], 0), ([True, True], 1)])
def test_only_the_boolean_that_was_not_seen_is_asked(values: list[bool], asked: int) -> None:
    assert len(probes(column(type="boolean"), pd.Series(values))) == asked


def test_a_null_that_training_had_is_not_asked() -> None:
    nullable = column(type="category", categories=("a",), nullable=True)

    assert probes(nullable, pd.Series(["a", None])) == ()
    assert [probe.value for probe in probes(nullable, pd.Series(["a", "a"]))] == [None]
