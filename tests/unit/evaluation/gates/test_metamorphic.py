from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toys.ranking import Ranking

from cases import row_case
from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import Metamorphic, RobustnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.gates.metamorphic import MetamorphicTest, beyond, check_metamorphic
from trunkline.measure.paired import Array, Paired
from trunkline.tasks.answers import objects

Ask = Callable[[pd.DataFrame], Scored]
UP = {"name": "up", "column": "skill", "add": 0.5, "expect": "not-lower"}


def gates(*rules: dict[str, Any]) -> RobustnessGates:
    return RobustnessGates.model_validate({"metamorphic": rules})


def verdict(ask: Ask, frame: pd.DataFrame, contract: Contract, **different: Any) -> Verdict:
    return MetamorphicTest().judge(row_case(ask, frame, contract), Metamorphic.model_validate(UP | different))


def scored(frame: pd.DataFrame, chance: Array) -> Scored:
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


def by_skill(frame: pd.DataFrame) -> Scored:
    return scored(frame, 1 / (1 + np.exp(-frame["skill"].to_numpy(dtype=float))))


@pytest.fixture
def frame(rows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return rows(600)


def test_a_monotone_model_keeps_its_direction(frame: pd.DataFrame, contract: Contract) -> None:
    found = verdict(by_skill, frame, contract)

    assert (found.gate, found.outcome) == ("robustness/metamorphic:up", "pass")
    assert found.figures[0].rows == 600
    assert found.threshold == 0.01


def test_a_model_with_a_dip_is_red(frame: pd.DataFrame, contract: Contract) -> None:
    found = verdict(
        lambda rows: scored(rows, 0.5 + 0.4 * np.sin(3 * rows["skill"].to_numpy())), frame, contract
    )

    assert found.outcome == "fail"
    assert found.stops
    share = found.figures[0]
    assert share.interval is not None
    assert share.interval.low > 0.01
    assert found.figures[1].value < -0.1
    assert "skill" in found.reason


def test_the_wrong_direction_is_red(frame: pd.DataFrame, contract: Contract) -> None:
    assert verdict(by_skill, frame, contract, expect="not-higher").outcome == "fail"
    assert verdict(by_skill, frame, contract, expect="same").outcome == "fail"


def test_a_change_within_the_tolerance_is_none(frame: pd.DataFrame, contract: Contract) -> None:
    assert verdict(by_skill, frame, contract, expect="same", tolerance=0.2).outcome == "pass"


def test_rounding_is_no_change_even_without_a_tolerance(frame: pd.DataFrame, contract: Contract) -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        return scored(rows, 0.5 + 1e-7 * rows["skill"].to_numpy())

    assert verdict(ask, frame, contract, expect="same", tolerance=0).outcome == "pass"


def test_an_invariance_that_is_broken_for_a_few_too_many_rows_does_not_block(
    frame: pd.DataFrame, contract: Contract
) -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        odd = np.isin(rows.index.to_numpy(), np.arange(9)) & (rows["age"] == 30).to_numpy()
        return scored(rows, np.where(odd, 0.9, 0.2))

    found = verdict(ask, frame.assign(age=20), contract, column="age", add=None, set_to=30, expect="same")

    assert found.figures[0].value == pytest.approx(9 / 600)
    assert (found.outcome, found.blocking) == ("inconclusive", False)
    assert "reaches back" in found.reason


def test_rows_that_would_leave_the_contract_are_counted(frame: pd.DataFrame, contract: Contract) -> None:
    columns = tuple(
        column.model_copy(update={"maximum": 40.0}) if column.name == "age" else column
        for column in contract.columns
    )
    frame = frame.assign(age=[40, 30] * 300)

    found = verdict(
        by_skill,
        frame,
        contract.model_copy(update={"columns": columns}),
        column="age",
        add=1,
        expect="same",
    )

    assert found.outcome == "pass"
    assert found.figures[0].rows == 300
    assert "300 rows would leave the contract" in found.reason


def test_a_change_that_no_row_can_take_is_inconclusive(frame: pd.DataFrame, contract: Contract) -> None:
    found = verdict(
        by_skill, frame.assign(age=30), contract, column="age", add=None, set_to=30, expect="same"
    )

    assert found.outcome == "inconclusive"
    assert found.stops
    assert "None of 600 rows" in found.reason


def test_a_handful_of_rows_that_all_keep_it_say_little(frame: pd.DataFrame, contract: Contract) -> None:
    found = verdict(by_skill, frame.iloc[:12], contract)

    assert (found.outcome, found.blocking) == ("inconclusive", False)


def test_a_handful_of_rows_that_all_break_it_are_red(frame: pd.DataFrame, contract: Contract) -> None:
    assert verdict(by_skill, frame.iloc[:12], contract, expect="same").outcome == "fail"


def test_a_model_that_does_not_answer_the_changed_rows_is_red(
    frame: pd.DataFrame, contract: Contract
) -> None:
    asked: list[int] = []

    def ask(rows: pd.DataFrame) -> Scored:
        asked.append(len(rows))
        if len(asked) > 1:
            raise ValueError("out of range")
        return by_skill(rows)

    found = verdict(ask, frame, contract)

    assert found.outcome == "fail"
    assert "skill plus 0.5 got no answer: ValueError: out of range" in found.reason


def test_predicted_numbers_are_compared_in_their_unit(regression: Contract) -> None:
    frame = pd.DataFrame({"size": np.arange(100.0), "sex": "Male", "price": np.arange(100.0)})

    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(rows, -3 * rows["size"].to_numpy(), None)

    falling = verdict(ask, frame, regression, column="size", add=1.0)

    assert falling.outcome == "fail"
    assert falling.figures[1].value == pytest.approx(-3)
    assert verdict(ask, frame, regression, column="size", add=1.0, tolerance=4).outcome == "pass"


def test_of_many_classes_the_label_must_stay(many: Contract) -> None:
    frame = pd.DataFrame({"weight": np.arange(100.0), "kind": ["apple", "pear"] * 50})

    def ask(rows: pd.DataFrame) -> Scored:
        near = rows["weight"].to_numpy() % 10 < 5
        names = np.where(near, "apple", "pear").astype(object)
        return Scored(rows, names, np.full((len(rows), 3), 1 / 3), ("apple", "pear", "plum"))

    assert verdict(ask, frame, many, column="weight", add=10, expect="same").outcome == "pass"
    assert verdict(ask, frame, many, column="weight", add=5, expect="same").outcome == "fail"


def test_labels_alone_may_not_turn_positive(frame: pd.DataFrame, contract: Contract) -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(rows, by_skill(rows).labels, None)

    assert verdict(ask, frame, contract).outcome == "pass"
    assert verdict(ask, frame, contract, expect="not-higher").outcome == "fail"


@pytest.mark.parametrize(
    ("different", "said"),
    [
        (
            {"column": "skil"},
            "metamorphic.0.column is skil, and the contract has no such column. Next: use skill",
        ),
        ({"column": "zzz"}, "use one of skill, age"),
        ({"column": "sex", "add": None, "set_to": "Male"}, "the model does not see it"),
        ({"column": "released", "add": None, "set_to": "Yes"}, "has the role outcome: it is no feature"),
        ({"column": "age", "add": 0.5}, "metamorphic.0.column is age"),
    ],
)
def test_a_test_that_does_not_fit_the_contract_names_its_key(
    contract: Contract, different: dict[str, Any], said: str
) -> None:
    with pytest.raises(PolicyError) as raised:
        check_metamorphic(gates(UP | different), contract)

    assert said in str(raised.value)


def test_a_direction_needs_a_positive_class(many: Contract) -> None:
    rule = {"name": "up", "column": "weight", "add": 1, "expect": "not-lower"}

    with pytest.raises(PolicyError, match="no positive class"):
        check_metamorphic(gates(rule), many)
    check_metamorphic(gates(rule | {"expect": "same"}), many)


def test_tests_that_fit_are_taken(contract: Contract, regression: Contract) -> None:
    check_metamorphic(gates(UP, {"name": "older", "column": "age", "add": 5, "expect": "same"}), contract)
    check_metamorphic(gates(UP | {"column": "size"}), regression)


def test_of_lists_another_entry_or_order_is_a_change_and_a_score_by_what_it_moves() -> None:
    def shown(*lists: list[tuple[str, float]]) -> Paired:
        entries = [[{"item": item, "score": score} for item, score in one] for one in lists]
        return Paired(objects([{}] * len(lists)), objects(entries), None, task="ranking")

    first = [("a", 0.9), ("b", 0.5)]
    rule = Metamorphic.model_validate(UP | {"expect": "same", "tolerance": 0.2})
    before = shown(first, first, first, first)
    after = shown(first, first[::-1], first[:1], [("a", 0.6), ("b", 0.5)])
    change = Ranking().rise(before, after, directed=False)
    assert change.tolist() == pytest.approx([0, 1, 1, 0.3])
    assert (beyond(change, before, rule) > 0).tolist() == [False, True, True, True]
