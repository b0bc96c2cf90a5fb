from __future__ import annotations

import pytest

from trunkline.core.contract import Column, Role
from trunkline.serving.problems import LONGEST, MOST, WITHHELD, Problem, Refused, without_secrets
from trunkline.serving.requests import RequestModel

COLUMNS = (
    Column(name="person", type="integer", role=Role.KEY),
    Column(name="user", type="integer", role=Role.USER),
    Column(name="colour", type="category", role=Role.AUDIT, categories=("red",)),
    Column(name="note", type="category", categories=("a",)),
)
MODEL = RequestModel(COLUMNS, maximum_rows=1000)


def refused(body: bytes, *, batch: bool = False) -> Refused:
    with pytest.raises(Refused) as caught:
        (MODEL.rows if batch else MODEL.row)(body)
    return caught.value


def test_the_log_withholds_the_values_of_keys_users_unknown_fields_and_bodies() -> None:
    body = b'{"person": "p", "user": "u", "colour": "c", "note": "n", "persn": "p"}'
    logged = without_secrets(refused(body).problems, COLUMNS)
    assert {problem["field"]: problem["value"] for problem in logged} == {
        "person": WITHHELD,
        "user": WITHHELD,
        "colour": "c",
        "note": "n",
        "persn": WITHHELD,
    }
    (body_problem,) = without_secrets(refused(b'{"person": 1').problems, COLUMNS)
    assert body_problem["value"] == WITHHELD


def test_long_values_are_cut() -> None:
    (problem,) = refused(b'{"note": "' + b"x" * 5000 + b'"}').problems
    assert problem["value"] == "x" * LONGEST + "…"


def test_a_flood_of_problems_is_cut_and_counted() -> None:
    rows = b",".join([b'{"note": "b"}'] * (MOST + 10))
    refusal = refused(b'{"rows": [' + rows + b"]}", batch=True)
    body = refusal.body()
    assert body["error"].startswith(f"The request breaks the contract in {MOST + 10} places.")
    assert len(body["problems"]) == MOST
    assert len(without_secrets(refusal.problems, COLUMNS)) == MOST


def test_one_problem_is_told_in_the_singular() -> None:
    problem: Problem = {"field": "a", "value": 1, "rule": "r", "hint": ""}
    assert Refused((problem,)).body()["error"] == "The request breaks the contract in one place."
