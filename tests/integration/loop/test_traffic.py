"""Rows of a file as requests carry them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, StorageError
from trunkline.loop.life.traffic import read_rows
from trunkline.loop.life.truth import known, read_truths, withdrawals
from trunkline.predictions import Arm, GroundTruth, Prediction
from trunkline.predictions.ground_truth import read_truth
from trunkline.predictions.reader import LogReader

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


@pytest.mark.parametrize("header", ["", "Unnamed: 0"])
def test_the_index_that_pandas_wrote_is_left_out_and_that_is_said(tmp_path: Path, header: str) -> None:
    said: list[str] = []
    text = f"{header},age,member\n0,31,True\n1,3.0,0.0\n"
    assert read_rows(file(tmp_path, "rows.csv", text), CONTRACT, progress=said.append) == [
        {"age": 31, "member": True},
        {"age": 3, "member": False},
    ]
    assert "index" in said[0]


@pytest.mark.parametrize("cell", ["00123", "3.7", " 3", "1e3", "\u0663"])
def test_a_whole_number_is_not_guessed_from_a_cell(tmp_path: Path, cell: str) -> None:
    assert read_rows(file(tmp_path, "rows.csv", f"age\n{cell}\n"), CONTRACT) == [{"age": cell}]


def test_outcomes_that_are_to_be_kept_keep_the_contract_before_anything_is_sent(tmp_path: Path) -> None:
    path = file(tmp_path, "rows.csv", "age,repaid\n31,yes\n32,perhaps\n")
    assert len(read_rows(path, CONTRACT)) == 2
    with pytest.raises(DataError, match=r"row 2: the outcome repaid must be one of no, yes"):
        read_rows(path, CONTRACT, outcomes=True)


def outcome_in(kind: str, **more: Any) -> Contract:
    outcome = Column.model_validate({"name": "y", "type": kind, "role": "outcome"} | more)
    return Contract(name="c", columns=(Column(name="x", type="number"), outcome), positive="")


BOOLEAN = outcome_in("boolean")
COUNT = outcome_in("integer", minimum=0, maximum=100_000)
CODED = Contract(
    name="c",
    positive="1",
    columns=(
        Column(name="x", type="number"),
        Column(name="y", type="category", categories=("0", "1"), coded=True, role=Role.OUTCOME),
    ),
)


@pytest.mark.parametrize(
    ("contract", "cell", "outcome"),
    [(BOOLEAN, "False", False), (CODED, "1.0", 1), (COUNT, "485.0", 485), (CONTRACT, "no", "no")],
)
def test_the_outcomes_that_sending_writes_are_taken_as_truth(
    tmp_path: Path, contract: Contract, cell: str, outcome: Any
) -> None:
    name = contract.outcome.name
    (row,) = read_rows(file(tmp_path, "rows.csv", f"{name},x\n{cell},1\n"), contract, outcomes=True)
    told = GroundTruth(prediction="a", value=row[name], time=datetime(2026, 1, 1, tzinfo=UTC))
    (truth,) = read_truths(file(tmp_path, "truth.jsonl", told.line()), contract)
    assert (type(truth.value), truth.value) == (type(outcome), outcome)


@pytest.mark.parametrize(
    ("contract", "outcome"),
    [
        (COUNT, -5), (COUNT, "485.0"), (COUNT, 100_001), (COUNT, 4.5), (COUNT, True), (BOOLEAN, "no"), (BOOLEAN, 1),
        (CODED, 2), (CODED, True), (CODED, "1"), (CONTRACT, "Yes"), (CONTRACT, None),
    ],
)  # fmt: skip
def test_an_outcome_that_breaks_the_contract_is_refused_at_the_door(
    tmp_path: Path, contract: Contract, outcome: Any
) -> None:
    told = GroundTruth(prediction="a", value=outcome, time=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(DataError, match=r"line 1: .*answer a"):
        read_truths(file(tmp_path, "truth.jsonl", told.line()), contract)


@pytest.mark.parametrize(
    "time", ["2999-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"]
)
def test_a_time_at_which_nothing_can_have_happened_is_refused_at_the_door(tmp_path: Path, time: str) -> None:
    line = f'{{"prediction": "a", "value": "no", "time": "{time}"}}\n'
    with pytest.raises(DataError, match=r"line 1: .*time"):
        read_truths(file(tmp_path, "truth.jsonl", line), CONTRACT)


def prediction(name: str, *, arm: Arm = "champion") -> Prediction:
    return Prediction(
        id=name, time=datetime(2026, 1, 1, tzinfo=UTC), environment="e", revision="r", version=1, bundle="b", arm=arm,
        inputs={}, outputs={"prediction": "no"}, latency_ms=1.0,
    )  # fmt: skip


def test_truth_about_answers_that_nobody_was_given_is_refused_or_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    file(folder, "1.jsonl", prediction("a").line() + "torn\n")
    file(folder, "2.jsonl", prediction("b").line() + prediction("s", arm="silent").line())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    told = tuple(GroundTruth(prediction=name, value="yes", time=now) for name in ("a", "b", "s", "z"))
    log = LogReader(folder)
    with pytest.raises(DataError, match=r"2 of 4 records .*s, z"):
        known(told, log)
    kept, unknown = known(told, log, leave_out=True)
    assert ([truth.prediction for truth in kept], unknown) == (["a", "b"], 2)
    assert known(told[:2], log) == (told[:2], 0)


def test_a_record_is_taken_back_whatever_its_time_and_can_be_told_again(tmp_path: Path) -> None:
    ahead = datetime(2126, 1, 1, tzinfo=UTC)
    path = file(tmp_path, "truth.jsonl", GroundTruth(prediction="a", value="yes", time=ahead).line())
    (back,) = withdrawals(path, ["a", "a"])
    with path.open("a") as stream:
        stream.write(back.line())
    assert read_truth(path) == {}
    with pytest.raises(DataError, match="No outcome is recorded of a"):
        withdrawals(path, ["a"])
    with path.open("a") as stream:
        stream.write(GroundTruth(prediction="a", value="no", time=ahead).line())
    assert read_truth(path)["a"].value == "no"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_last_outcome_of_a_file_counts_however_the_file_ends(tmp_path: Path, end: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    told = [GroundTruth(prediction=name, value="yes", time=now) for name in ("a", "b")]
    path = file(tmp_path, "truth.jsonl", "".join(truth.line() for truth in told).rstrip("\n") + end)
    assert [truth.prediction for truth in read_truths(path, CONTRACT)] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("rows.csv", "age\n31\n31,5\n", "line 3 has more values than the header has names"),
        ("rows.csv", "age\n", "has no rows"),
        ("rows.csv", "", "has no rows"),
        ("rows.csv", "age,income,age\n1,2,3\n", "names the column 'age' twice"),
        ("rows.csv", "age\n" + "9" * 200_000 + "\n", "line 2 is no CSV"),
        ("rows.jsonl", "[" * 100_000, "line 1 is not JSON"),
        ("rows.jsonl", '{"age": 31, "note": "\\ud800"}\n', "line 1 is not JSON"),
        ("rows.jsonl", '{"age": 31}\n{"age": \n', "line 2 is not JSON"),
        ("rows.jsonl", '{"age": 30}\n{"age": 31, "age": 32}\n', "line 2: the key 'age' stands twice"),
        ("rows.jsonl", "[1]\n", "line 1 is no row"),
        ("rows.parquet", "x", "neither .csv nor .jsonl"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_rows(file(tmp_path, name, text), CONTRACT)


CODED = CONTRACT.model_copy(
    update={
        "name": "addresses",
        "columns": (*CONTRACT.columns, Column(name="zip", type="text", nullable=True)),
    }
)


@pytest.mark.parametrize(
    ("text", "outcomes", "told", "step"),
    [
        ("zip,age\n501.0,31\n,32\n10001.0,33\n", False, "every zip ends in .0", "dtype={'zip': str}"),
        ("zip;age\n00501;31\n", False, "no column of the contract addresses", "commas between"),
        ("zip,age\n00501,31\n", True, "no outcomes to keep", "send without --outcomes"),
    ],
)
def test_a_file_that_would_be_answered_wrongly_is_refused_with_what_mends_it(
    tmp_path: Path, text: str, outcomes: bool, told: str, step: str
) -> None:
    with pytest.raises(DataError, match=told) as caught:
        read_rows(file(tmp_path, "rows.csv", text), CODED, outcomes=outcomes)
    assert step in caught.value.next_step


def test_codes_as_they_are_written_are_read_though_one_ends_in_a_zero(tmp_path: Path) -> None:
    rows = read_rows(file(tmp_path, "rows.csv", "zip\n00501\n3.0\n"), CODED)
    assert [row["zip"] for row in rows] == ["00501", "3.0"]


def test_truths_that_windows_wrote_are_read(tmp_path: Path) -> None:
    line = '{"prediction": "x", "outcome": "yes", "time": "2026-11-30T00:00:00Z"}'
    path = tmp_path / "truths.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\r\n{line}\r\n".encode())
    assert [truth.value for truth in read_truths(path, CONTRACT)] == ["yes", "yes"]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00packed", "age\n3\n".encode("utf-16"), b"\x00\xff"])
def test_rows_that_are_no_text_are_refused_with_what_to_write(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        read_rows(path, CONTRACT)
    assert caught.value.next_step


def test_an_outcome_that_stands_twice_is_refused(tmp_path: Path) -> None:
    told = GroundTruth(prediction="a", value="yes", time=datetime(2026, 1, 1, tzinfo=UTC)).line()
    path = file(tmp_path, "truth.jsonl", told.replace('"value":', '"value":"no","value":'))
    with pytest.raises(DataError, match="stands twice"):
        read_truths(path, CONTRACT)
