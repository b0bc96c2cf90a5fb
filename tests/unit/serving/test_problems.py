from __future__ import annotations

import subprocess
import sys

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


def test_what_nobody_is_shown_of_a_flood_is_counted_by_field_and_no_more() -> None:
    body = ("{" + ",".join(f'"note{place}":1' for place in range(MOST + 10)) + "}").encode()
    refusal = refused(body)
    shown, counted = refusal.problems[:MOST], refusal.problems[MOST:]
    assert all(problem["hint"] for problem in shown)
    # One field is missing; looking for a name that is near takes longer than all else, and anybody may send 100,000.
    assert [set(problem) for problem in counted] == [{"field"}] * 11
    assert refusal.body()["error"].startswith(f"The request breaks the contract in {MOST + 11} places.")


ONE_MEGABYTE = """
import resource
from trunkline.core.contract import Column
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel
model = RequestModel([Column(name=f"feature {place}", type="number") for place in range(300)])
row = b'{"feature 1":[' + b'{"":1},' * 130_000 + b'1]}'
resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
one, many = (b'{"rows":[' + row + more + b"]}" for more in (b"", b",{}" * 1000))
for ask, body in ((model.row, row), (model.rows, one), (model.rows, many)):
    try:
        ask(body)
    except Refused as refused:
        print(len(refused.problems))
"""


def test_a_megabyte_that_lacks_many_fields_is_not_copied_for_each_of_them() -> None:
    done = subprocess.run([sys.executable, "-c", ONE_MEGABYTE], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["300", "300", "1"], done.stderr[-2000:]


def test_one_problem_is_told_in_the_singular() -> None:
    problem: Problem = {"field": "a", "value": 1, "rule": "r", "hint": ""}
    assert Refused((problem,)).body()["error"] == "The request breaks the contract in one place."
