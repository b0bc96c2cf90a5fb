"""Train and judge: the same answers twice, no training twice, and gates that name planted faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import BundleError, DataError, GateFailed, PolicyError, ProjectError, StorageError
from trunkline.core.project import Project
from trunkline.loop.gates import judging
from trunkline.loop.model import checking, snapshots, training


def say(_: str) -> None:
    """Keep quiet."""


def replace(project: Project, name: str, old: str, new: str) -> Project:
    """Change a file of the project and return the project, read again."""
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Project(project.root)


def test_the_same_commit_and_rows_give_the_same_bundle_on_another_machine(
    tmp_path: Path, make_project: Callable[[Path], Project], git: Callable[..., str]
) -> None:
    first = make_project(tmp_path / "here")
    snapshots.snapshot(first, progress=say)
    git(first.root, "add", "--all")
    git(first.root, "commit", "--quiet", "--message", "Lock the data")
    here, _, fresh = training.train(first, progress=say)
    git(tmp_path, "clone", "--quiet", str(first.root), "there")
    there, _, also_fresh = training.train(Project(tmp_path / "there"), progress=say)
    assert fresh
    assert also_fresh
    assert here.digest == there.digest
    assert here.manifest.lineage.snapshot == there.manifest.lineage.snapshot


def test_an_unchanged_training_key_does_not_train_again(project: Project) -> None:
    snapshots.snapshot(project, progress=say)
    bundle, trained, fresh = training.train(project, progress=say)
    again, remembered, fresh_again = training.train(Project(project.root), progress=say)
    assert fresh
    assert not fresh_again
    assert again.digest == bundle.digest
    assert remembered == trained


def test_training_again_on_purpose_gives_the_same_bundle(project: Project) -> None:
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    again, _, fresh = training.train(project, progress=say, again=True)
    assert fresh
    assert again.digest == bundle.digest


@pytest.mark.parametrize(
    ("name", "old", "new", "trains"),
    [
        ("src/loans/model.py", "[0.1, 1.0]", "[0.1, 2.0]", True),
        ("trunkline.yaml", "folds: 3", "folds: 4", True),
        ("requirements/train.txt", "1.9.1", "1.9.0", True),
        ("trunkline.yaml", "roc_auc: 0.6", "roc_auc: 0.65", False),
        ("trunkline.yaml", "jobs: 1", "jobs: 2", False),
    ],
)
def test_only_what_shapes_the_model_changes_the_key(
    project: Project, name: str, old: str, new: str, *, trains: bool
) -> None:
    snapshots.snapshot(project, progress=say)
    training.train(project, progress=say)
    _, _, fresh = training.train(replace(project, name, old, new), progress=say)
    assert fresh is trains


def test_a_healthy_model_passes_every_gate_and_leaves_its_reports(project: Project) -> None:
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    judged = judging.judge(project, bundle, progress=say)
    judging.require_pass(judged)
    assert judged.evaluation.outcome == "pass"
    assert "performance/floor:roc_auc" in judged.markdown.read_text(encoding="utf-8")
    assert "data:image/svg+xml" in judged.page.read_text(encoding="utf-8")


def test_a_floor_that_is_missed_stops_the_release_by_name(project: Project) -> None:
    project = replace(project, "trunkline.yaml", "roc_auc: 0.6", "roc_auc: 0.99")
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    judged = judging.judge(project, bundle, progress=say)
    with pytest.raises(GateFailed, match="performance/floor:roc_auc"):
        judging.require_pass(judged)


def test_a_target_that_leaked_into_the_features_is_named(project: Project) -> None:
    replace(
        project, "src/loans/contract.py", "    region:", "    paid_back: float = pa.Field(ge=0)\n    region:"
    )
    replace(project, "src/loans/data.py", "    return pd.DataFrame({", "    return leak({")
    data = project.root / "src/loans/data.py"
    leak = """
def leak(columns):
    rows = pd.DataFrame(columns)
    rows["paid_back"] = (rows["repaid"] == "yes") * 1.0
    return rows
"""
    data.write_text(data.read_text(encoding="utf-8") + leak, encoding="utf-8")
    project = replace(project, "src/loans/features.py", '["income"]', '["income", "paid_back"]')
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    with pytest.raises(GateFailed, match="data/leakage"):
        judging.require_pass(judging.judge(project, bundle, progress=say))


def test_a_biased_model_is_named(project: Project) -> None:
    replace(
        project,
        "src/loans/contract.py",
        'metadata={"role": "audit", "protected": True}',
        'metadata={"protected": True}',
    )
    replace(project, "src/loans/features.py", '["region"]', '["region", "sex"]')
    data = project.root / "src/loans/data.py"
    bias = """
fair = load

def load():
    rows = fair()
    hit = (rows["sex"] == "f") & (rows["case"] % 10 < 8)
    rows.loc[hit, "repaid"] = "no"
    return rows
"""
    data.write_text(data.read_text(encoding="utf-8") + bias, encoding="utf-8")
    project = Project(project.root)
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    with pytest.raises(GateFailed, match="fairness/sex/demographic-parity"):
        judging.require_pass(judging.judge(project, bundle, progress=say))


def test_one_class_only_is_refused_before_training(project: Project) -> None:
    project = replace(project, "src/loans/data.py", 'chance, "yes", "no")', 'chance, "yes", "yes")')
    with pytest.raises(DataError, match="repaid"):
        snapshots.snapshot(project, progress=say)


def test_a_metric_that_does_not_exist_is_named_with_its_key(project: Project) -> None:
    project = replace(project, "trunkline.yaml", "roc_auc: 0.6", "roc_auk: 0.6")
    with pytest.raises(PolicyError, match=r"gates\.performance\.floors.*roc_auk"):
        checking.check_project(project)


def test_code_of_the_project_that_raises_is_named(project: Project) -> None:
    project = replace(
        project,
        "src/loans/model.py",
        "    return [",
        "    raise ValueError('no such estimator')\n    return [",
    )
    snapshots.snapshot(project, progress=say)
    with pytest.raises(ProjectError, match="no such estimator"):
        training.train(project, progress=say)


def test_a_bundle_that_was_tampered_with_is_not_reused(project: Project) -> None:
    snapshots.snapshot(project, progress=say)
    bundle, _, _ = training.train(project, progress=say)
    bundle.model_file.write_bytes(bundle.model_file.read_bytes() + b"x")
    with pytest.raises(BundleError, match="changed after it was sealed"):
        training.train(project, progress=say)


def test_a_lost_snapshot_is_taken_again_from_the_source(project: Project) -> None:
    taken = snapshots.snapshot(project, progress=say)
    for path in sorted(taken.folder.iterdir()):
        path.unlink()
    taken.folder.rmdir()
    told: list[str] = []
    assert snapshots.locked_snapshot(project, progress=told.append).digest == taken.digest
    assert "taking it from the source again" in told[0]


def lend(project: Project, folder: Path) -> Path:
    """Move the project's snapshots to a folder of another project and return that of the only one."""
    project.snapshots.rename(folder)
    (lent,) = folder.iterdir()
    return lent


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_rows_that_another_folder_lends_are_copied_and_stay_as_they_were(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = snapshots.snapshot(project, progress=say)
    lent = lend(project, tmp_path / "lent")
    before = contents(tmp_path / "lent")
    monkeypatch.setenv("TRUNKLINE_SNAPSHOTS", str(tmp_path / "lent"))
    told: list[str] = []
    opened = snapshots.locked_snapshot(project, progress=told.append)
    assert (opened.digest, opened.folder, told) == (taken.digest, project.snapshots / lent.name, [])
    for path in opened.folder.iterdir():
        assert not path.samefile(lent / path.name)
        path.unlink()
    assert contents(tmp_path / "lent") == before


def test_a_lent_snapshot_that_was_tampered_with_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.snapshot(project, progress=say)
    lent = lend(project, tmp_path / "lent")
    (lent / "test.parquet").write_bytes((lent / "train.parquet").read_bytes())
    before = contents(tmp_path / "lent")
    monkeypatch.setenv("TRUNKLINE_SNAPSHOTS", str(tmp_path / "lent"))
    with pytest.raises(StorageError, match=r"was changed after it was taken, or is damaged: test\.parquet"):
        snapshots.locked_snapshot(project, progress=say)
    assert contents(tmp_path / "lent") == before


@pytest.mark.parametrize("named", ["", "nowhere"])
def test_where_nobody_lends_the_rows_they_are_taken_from_the_source(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    taken = snapshots.snapshot(project, progress=say)
    lend(project, tmp_path / "away")
    monkeypatch.setenv("TRUNKLINE_SNAPSHOTS", str(tmp_path / named) if named else "")
    told: list[str] = []
    assert snapshots.locked_snapshot(project, progress=told.append).digest == taken.digest
    assert "taking it from the source again" in told[0]
