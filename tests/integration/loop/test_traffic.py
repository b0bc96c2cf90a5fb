"""Rows of a file as requests carry them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.core.predictions import GroundTruth
from trunkline.loop.life.traffic import read_rows
from trunkline.loop.life.truth import read_truths

CONTRACT = Contract(
    name="loans",
    columns=(
        Column(name="age", type="integer"),
        Column(name="income", type="number"),
        Column(name="member", type="boolean"),
        Column(name="repaid", type="category", categories=("no", "yes"), role=Role.OUTCOME),
    ),
    positive="yes",
)


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_values_become_the_contracts_types(tmp_path: Path) -> None:
    rows = read_rows(
        file(tmp_path, "rows.csv", "age,income,member,repaid\n31,12.5,true,yes\n,,,\n"), CONTRACT
    )
    assert rows[0] == {"age": 31, "income": 12.5, "member": True, "repaid": "yes"}
    assert rows[1] == {"age": None, "income": None, "member": None, "repaid": None}


def test_a_csv_value_of_the_wrong_type_is_left_for_the_service_to_refuse(tmp_path: Path) -> None:
    (row,) = read_rows(file(tmp_path, "rows.csv", "age,member\nold,maybe\n"), CONTRACT)
    assert row == {"age": "old", "member": "maybe"}


def test_a_short_csv_row_has_nulls(tmp_path: Path) -> None:
    (row,) = read_rows(file(tmp_path, "rows.csv", "age,income\n31\n"), CONTRACT)
    assert row == {"age": 31, "income": None}


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_last_outcome_of_a_file_counts_however_the_file_ends(tmp_path: Path, end: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    told = [GroundTruth(prediction=name, outcome="yes", time=now) for name in ("a", "b")]
    path = file(tmp_path, "truth.jsonl", "".join(truth.line() for truth in told).rstrip("\n") + end)
    assert [truth.prediction for truth in read_truths(path, CONTRACT)] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("rows.csv", "age\n31\n31,5\n", "line 3 has more values than the header has names"),
        ("rows.csv", "age\n", "has no rows"),
        ("rows.csv", "", "has no rows"),
        ("rows.jsonl", '{"age": 31}\n{"age": \n', "line 2 is not JSON"),
        ("rows.jsonl", "[1]\n", "line 1 is no row"),
        ("rows.parquet", "x", "neither .csv nor .jsonl"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_rows(file(tmp_path, name, text), CONTRACT)
