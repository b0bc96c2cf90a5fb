from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.data.traffic import complete, stable_integer, traffic_rows
from trunkline.predictions import GroundTruth, Prediction

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def answer(number: int, **inputs: Any) -> Prediction:
    return Prediction(
        id=f"p{number}", time=NOW, environment="e", revision="r", version=1, bundle="b", arm="champion",
        inputs={"age": 30} | inputs, outputs={}, latency_ms=1.0, user="hash-of-user",
    )  # fmt: skip


def truth(number: int, outcome: Any) -> dict[str, tuple[GroundTruth, ...]]:
    return {f"p{number}": (GroundTruth(prediction=f"p{number}", value=outcome, time=NOW),)}


def contract_with(key: str = "text", outcome: str = "category") -> Contract:
    labels = {"categories": ("no", "yes")} if outcome == "category" else {}
    columns = (
        Column.model_validate({"name": "id", "type": key, "role": "key"}),
        Column(name="customer", type="text", role=Role.USER),
        Column(name="age", type="integer"),
        Column(name="colour", type="text", role=Role.AUDIT, nullable=True),
        Column(name="sex", type="text", role=Role.AUDIT),
        Column.model_validate({"name": "y", "type": outcome, "role": "outcome", **labels}),
    )
    return Contract(name="t", columns=columns, positive="yes" if labels else "")


def test_a_row_joins_inputs_and_truth() -> None:
    contract = contract_with()
    row = traffic_rows([answer(1, sex="f", colour="red")], truth(1, "yes"), contract).iloc[0]
    assert row.to_dict() == {
        "id": "p1", "customer": "hash-of-user", "age": 30, "colour": "red", "sex": "f", "y": "yes",
    }  # fmt: skip


def test_an_integer_key_is_a_stable_number_made_of_the_id() -> None:
    row = traffic_rows([answer(1)], truth(1, "yes"), contract_with("integer")).iloc[0]
    assert row["id"] == stable_integer("p1") == 4436420013275749896


def test_stable_integers_have_62_bits_and_differ() -> None:
    numbers = {stable_integer(f"p{number}") for number in range(1000)}
    assert len(numbers) == 1000
    assert 2**61 < max(numbers) < 2**62


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("category", "yes", "yes"),
        ("boolean", True, True),
        ("number", 2.5, 2.5),
    ],
)
def test_a_truth_takes_the_form_of_the_outcome(kind: str, said: Any, kept: Any) -> None:
    assert traffic_rows([answer(1)], truth(1, said), contract_with(outcome=kind))["y"].tolist() == [kept]


def test_rows_that_lack_a_column_that_must_be_there_are_left_out() -> None:
    answers = [answer(1, sex="f"), answer(2, colour="red"), answer(3, sex=None)]
    truths = truth(1, "yes") | truth(2, "yes") | truth(3, "no")
    rows = complete(traffic_rows(answers, truths, contract_with()), contract_with())
    assert rows["id"].tolist() == ["p1"]


def test_no_answers_make_a_frame_without_rows_and_with_every_column() -> None:
    rows = complete(traffic_rows([], {}, contract_with()), contract_with())
    assert (len(rows), list(rows)) == (0, ["id", "customer", "age", "colour", "sex", "y"])
