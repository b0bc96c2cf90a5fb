from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trunkline.core.errors import DataError
from trunkline.core.project import Project
from trunkline.core.snapshots import Window
from trunkline.data import load_traffic, project_contract, take_snapshot
from trunkline.data.split import PARTS
from trunkline.data.traffic import stable_integer
from trunkline.predictions import Arm, GroundTruth, Prediction, Rejection

START = datetime(2026, 1, 1, tzinfo=UTC)
INPUTS: dict[str, Any] = {"year": 2009, "income": 10.5, "debts": 3, "region": "north", "sex": "f"}


def answer(number: int, *, arm: Arm = "champion", inputs: dict[str, Any] | None = None) -> Prediction:
    return Prediction(
        id=f"p{number}", time=START + timedelta(seconds=number), environment="production", revision="r",
        version=1, bundle="sha256:b", arm=arm, inputs=INPUTS if inputs is None else inputs,
        outputs={"prediction": "yes"}, latency_ms=1.0, user="hashed",
    )  # fmt: skip


def truth(number: int, outcome: Any = "yes", *, hours: int = 1) -> GroundTruth:
    return GroundTruth(prediction=f"p{number}", value=outcome, time=START + timedelta(hours=hours))


def log(project: Project, records: list[Any], *, name: str = "20260101T000000-1", tail: str = "") -> Path:
    folder = project.predictions("production")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record.to_dict()) + "\n" for record in records) + tail)
    return path


def learn(project: Project, truths: list[GroundTruth], *, tail: str = "") -> None:
    path = project.truth("production")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one.to_dict()) + "\n" for one in truths) + tail)


def traffic(project: Project, said: list[str] | None = None) -> pd.DataFrame:
    progress = None if said is None else said.append
    return load_traffic(project, "production", project_contract(project), progress=progress)


def test_answers_are_joined_with_their_truth_in_the_contracts_types(project: Project) -> None:
    log(project, [answer(1), answer(2), answer(3)])
    learn(project, [truth(2, "no"), truth(1)])
    rows = traffic(project)
    assert rows["loan"].tolist() == [stable_integer("p1"), stable_integer("p2")]
    assert rows["paid"].tolist() == ["yes", "no"]
    assert [str(rows[name].dtype) for name in ("debts", "income")] == ["int64", "float64"]
    assert rows.drop(columns=["loan", "paid"]).drop_duplicates().to_dict("records") == [INPUTS]


def test_a_silent_answer_and_a_rejected_request_are_no_rows(project: Project) -> None:
    rejection = Rejection(id="p9", time=START, environment="production", problems=())
    log(project, [answer(1, arm="silent"), rejection, answer(2, arm="challenger")])
    learn(project, [truth(1), truth(2), truth(9)])
    assert traffic(project)["loan"].tolist() == [stable_integer("p2")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_truth_holds_in_whatever_order_it_is_written(project: Project, order: int) -> None:
    log(project, [answer(1)])
    learn(project, [truth(1, "yes", hours=1), truth(1, "no", hours=2)][::order])
    assert traffic(project)["paid"].tolist() == ["no"]


def test_torn_lines_are_skipped_and_counted(project: Project) -> None:
    log(project, [answer(1)], tail='{"schema": "trunkline/predic')
    log(project, [answer(2)], name="20260102T000000-2")
    learn(project, [truth(1), truth(2)], tail='{"predic')
    said: list[str] = []
    assert len(traffic(project, said)) == 2
    assert "1 torn lines skipped" in said[0]


def test_rows_without_a_needed_value_are_left_out_and_counted(project: Project) -> None:
    without = {name: {key: INPUTS[key] for key in INPUTS if key != name} for name in ("sex", "year")}
    log(project, [answer(1, inputs=without["sex"]), answer(2, inputs=without["year"]), answer(3)])
    learn(project, [truth(1), truth(2), truth(3)])
    said: list[str] = []
    rows = traffic(project, said)
    assert rows["loan"].tolist() == [stable_integer("p1"), stable_integer("p3")]
    assert pd.isna(rows["sex"][0])
    assert "1 left out for lack of a value" in said[0]


def test_no_traffic_is_no_rows_with_every_column(project: Project) -> None:
    rows = traffic(project)
    assert len(rows) == 0
    assert list(rows) == [column.name for column in project_contract(project).columns]


def test_a_truth_that_breaks_the_contract_is_named(project: Project) -> None:
    log(project, [answer(1)])
    learn(project, [truth(1, "perhaps")])
    with pytest.raises(
        DataError, match=r"answer p1 breaks.*paid must be one of no, yes.*perhaps.*truth --withdraw p1"
    ):
        traffic(project)


def test_a_truth_that_was_taken_back_is_no_row(project: Project) -> None:
    log(project, [answer(1), answer(2)])
    learn(project, [truth(1, "perhaps"), truth(2), truth(1, None, hours=2)])
    assert traffic(project)["loan"].tolist() == [stable_integer("p2")]


def test_a_record_of_another_kind_among_the_truths_is_named(project: Project) -> None:
    log(project, [answer(1)])
    learn(project, [truth(1)], tail=json.dumps({"schema": "other/1"}) + "\n")
    with pytest.raises(DataError, match=r"production\.jsonl, line 2 has schema other/1"):
        traffic(project)


def test_a_snapshot_takes_traffic_beside_the_windows_source(project: Project) -> None:
    log(project, [answer(number) for number in range(50)])
    learn(project, [truth(number, "no" if number % 3 else "yes") for number in range(50)])
    before, after = take_snapshot(project), take_snapshot(project, traffic="production")
    assert after.manifest.sources == {"source": before.manifest.sources["source"], "traffic": 50}
    assert after.digest != before.digest
    keys = set(pd.concat([after.part(name) for name in PARTS])["loan"])
    assert {stable_integer(f"p{number}") for number in range(50)} < keys


def test_of_one_event_time_later_answers_are_newest(project: Project) -> None:
    log(project, [answer(number) for number in reversed(range(300))])
    learn(project, [truth(number, "no" if number % 3 else "yes") for number in range(300)])
    snapshot = take_snapshot(project, window=Window(), traffic="production", last=250)
    keys = set(pd.concat([snapshot.part(name) for name in PARTS])["loan"])
    assert snapshot.manifest.sources == {"source": 0, "traffic": 250}
    assert keys == {stable_integer(f"p{number}") for number in range(50, 300)}
