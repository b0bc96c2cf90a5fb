from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from trunkline.core.errors import DataError, NotFoundError, ProjectError, StorageError
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import Gates
from trunkline.core.project import Project
from trunkline.core.snapshots import Window
from trunkline.data import check_snapshot, open_snapshot, take_snapshot
from trunkline.data.split import PARTS


def load(project: Project, frame: pd.DataFrame) -> None:
    frame.to_csv(project.root / "loans.csv", index=False)


def test_a_snapshot_holds_the_windows_rows_once(project: Project, loans: pd.DataFrame) -> None:
    snapshot = take_snapshot(project)
    wanted = loans[loans["year"].between(2001, 2008)]
    parts = [snapshot.part(name) for name in PARTS]
    assert sorted(pd.concat(parts)["loan"]) == wanted["loan"].tolist()
    assert snapshot.manifest.rows == {name: len(rows) for name, rows in zip(PARTS, parts, strict=True)}
    assert snapshot.manifest.sources == {"source": len(wanted), "traffic": 0}
    assert snapshot.folder.name == snapshot.digest.removeprefix("sha256:")
    assert len(snapshot.development()) == len(parts[0]) + len(parts[1])


def test_the_same_rows_in_another_order_give_the_same_digest(project: Project, loans: pd.DataFrame) -> None:
    first = take_snapshot(project)
    load(project, loans.sample(frac=1, random_state=4)[loans.columns[::-1]])
    assert take_snapshot(project).digest == first.digest


def test_the_last_rows_do_not_depend_on_the_order_of_the_source(
    project: Project, loans: pd.DataFrame
) -> None:
    first = take_snapshot(project, last=300)
    load(project, loans.sample(frac=1, random_state=4))
    second = take_snapshot(project, last=300)
    assert second.digest == first.digest
    assert sum(second.manifest.rows.values()) == 300
    years = pd.concat([second.part(name) for name in PARTS])["year"]
    assert years.min() > 2003
    assert (years == 2008).sum() == (loans["year"] == 2008).sum()


def test_one_changed_value_gives_another_digest(project: Project, loans: pd.DataFrame) -> None:
    first = take_snapshot(project)
    loans.loc[loans["year"] == 2005, "debts"] = 0
    load(project, loans)
    assert take_snapshot(project).digest != first.digest


def test_another_window_gives_another_digest(project: Project) -> None:
    first, second = take_snapshot(project), take_snapshot(project, window=Window())
    assert first.digest != second.digest
    assert sum(second.manifest.rows.values()) == 600


def test_rows_survive_the_disk_unchanged(project: Project, loans: pd.DataFrame) -> None:
    snapshot = take_snapshot(project, window=Window())
    rows = pd.concat([open_snapshot(project, snapshot.digest).part(name) for name in PARTS])
    pd.testing.assert_frame_equal(rows.sort_values("loan", ignore_index=True), loans)


def test_files_name_no_library_of_pandas_and_hold_no_index(project: Project) -> None:
    snapshot = take_snapshot(project)
    schema = pq.read_schema(snapshot.folder / "train.parquet")
    assert schema.names == [column.name for column in snapshot.contract.columns]
    assert not schema.metadata


def test_what_a_reader_does_to_a_part_stays_with_the_reader(project: Project) -> None:
    snapshot = take_snapshot(project)
    rows = snapshot.part("test")
    rows["debts"] = 99
    assert snapshot.part("test")["debts"].max() < 99


def test_taking_it_again_leaves_its_files_alone(project: Project) -> None:
    snapshot = take_snapshot(project)
    before = {path: path.stat().st_mtime_ns for path in snapshot.folder.iterdir()}
    take_snapshot(project)
    assert {path: path.stat().st_mtime_ns for path in snapshot.folder.iterdir()} == before
    assert [path.name for path in project.snapshots.iterdir()] == [snapshot.folder.name]


def test_what_an_interrupted_run_left_is_no_hindrance(project: Project) -> None:
    snapshot = take_snapshot(project)
    (snapshot.folder / "snapshot.json").unlink()
    assert take_snapshot(project).digest == snapshot.digest
    assert open_snapshot(project, snapshot.digest).manifest == snapshot.manifest


@pytest.mark.parametrize("part", ["train.parquet", "test.parquet"])
def test_a_changed_part_is_refused_and_named(project: Project, part: str) -> None:
    snapshot = take_snapshot(project)
    rows = pd.read_parquet(snapshot.folder / part)
    rows["debts"] = rows["debts"].clip(lower=1)
    rows.to_parquet(snapshot.folder / part, index=False)
    with pytest.raises(StorageError, match=rf"changed after it was taken.*{part}"):
        open_snapshot(project, snapshot.digest)


@pytest.mark.parametrize("damage", [b"", b"PAR1 torn"])
def test_a_torn_part_is_refused_and_taken_again(project: Project, damage: bytes) -> None:
    snapshot = take_snapshot(project)
    (snapshot.folder / "validation.parquet").write_bytes(damage)
    with pytest.raises(StorageError, match=r"validation\.parquet"):
        open_snapshot(project, snapshot.digest)
    assert take_snapshot(project).digest == snapshot.digest
    assert open_snapshot(project, snapshot.digest).manifest.rows == snapshot.manifest.rows


def test_a_changed_manifest_or_contract_is_refused(project: Project) -> None:
    snapshot = take_snapshot(project)
    for name, old, new in (("contract.json", "north", "east"), ("snapshot.json", "2008", "2007")):
        path = snapshot.folder / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(StorageError, match=re.escape(snapshot.digest[7:19])):
            open_snapshot(project, snapshot.digest)
        path.write_text(text, encoding="utf-8")


def test_a_snapshot_that_is_not_here_says_how_to_get_it(project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"0000 is not on this machine.*trunkline snapshot"):
        open_snapshot(project, "sha256:" + "0" * 64)


def test_a_folder_that_cannot_be_written_is_named(project: Project) -> None:
    project.work.mkdir()
    project.snapshots.write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="Cannot write the snapshot"):
        take_snapshot(project)


def test_sound_rows_pass_the_gates_and_progress_is_told(project: Project) -> None:
    said: list[str] = []
    snapshot = take_snapshot(project, progress=said.append)
    assert {
        verdict.outcome for verdict in check_snapshot(snapshot, project.policy.data, project.policy.gates)
    } == {"pass"}
    assert any("stratified" in line for line in said)


def test_a_planted_leak_fails_its_gate_and_no_other(project: Project, loans: pd.DataFrame) -> None:
    load(project, loans.assign(region=loans["paid"].map({"no": "north", "yes": "south"})))
    verdicts = check_snapshot(take_snapshot(project), DataPolicy(), Gates())
    assert {verdict.gate for verdict in verdicts if verdict.outcome != "pass"} == {"data/leakage"}


def test_repeated_keys_fail_their_gate_and_stay_in_one_part(project: Project, loans: pd.DataFrame) -> None:
    load(project, pd.concat([loans, loans.sample(50, random_state=0)]))
    verdicts = check_snapshot(take_snapshot(project), DataPolicy(), Gates())
    red = next(verdict for verdict in verdicts if verdict.outcome != "pass")
    assert red.gate == "data/duplicates"
    assert ", 0 of them in another part" in red.reason


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rows: rows.drop(columns="debts"), "debts is missing"),
        (lambda rows: rows.assign(debts="many"), "debts must be a whole number from 0 to 20"),
        (lambda rows: rows.assign(region="east"), "region must be one of north, south, broken by 600 rows"),
        (lambda rows: rows[:0], "has no rows"),
        (lambda rows: rows.assign(paid="yes"), "have the same outcome"),
        (lambda rows: rows[:100], "needs 200 rows"),
        (lambda rows: rows.assign(year=1990), "needs 200 rows .* there are 0"),
    ],
)
def test_planted_faults_are_named_and_nothing_is_written(
    project: Project, loans: pd.DataFrame, spoil: object, said: str
) -> None:
    load(project, spoil(loans))  # type: ignore[operator]
    with pytest.raises(DataError, match=said):
        take_snapshot(project)
    assert not project.snapshots.exists()


def test_an_empty_file_is_an_error_of_the_projects_load(project: Project) -> None:
    Path(project.root / "loans.csv").write_bytes(b"")
    with pytest.raises(ProjectError, match=r"load\(\) in src/loans/data.py failed: EmptyDataError"):
        take_snapshot(project)
