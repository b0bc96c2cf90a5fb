"""Bad input, given to the commands as a user gives it: one clear line, its exit code, and nothing left half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.loop.changes.upgrading import render

Refused = Callable[..., str]


@pytest.fixture
def refused(project: Project, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a verb that must be refused; return its one line of error, after its exit code was looked at."""

    def call(*words: str, code: int) -> str:
        assert run(["--project", str(project.root), *words]) == code
        captured = capsys.readouterr()
        (line,) = [line for line in captured.err.splitlines() if line.startswith("error: ")]
        assert "Traceback" not in captured.err
        return line

    return call


def spoil(project: Project, code: str) -> None:
    """Change the rows that the project's load() returns."""
    file = project.root / "src/loans/data.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n\nsound = load\n\n\ndef load():\n    rows = sound()\n    return {code}\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: \xff\n", "is not UTF-8"),
        (b"", "must hold keys and values"),
        (b"name: [loans\n", "is not YAML"),
        (b"name: loans\npackage: loans\ngats: {}\n", "unknown key gats (did you mean gates?)"),
        (
            b"name: loans\npackage: loans\nmonitoring: {window: 5}\n",
            "unknown key monitoring.window (did you mean window_rows?)",
        ),
        (
            b"name: loans\npackage: loans\ngates: {performance: {floors: {roc_auk: 0.6}}}\n",
            "gates.performance.floors.roc_auk names the metric roc_auk",
        ),
    ],
    ids=["not text", "empty", "not yaml", "unknown key", "unknown key in a section", "unknown metric"],
)
@pytest.mark.parametrize("verb", ["check", "train"])
def test_a_policy_that_cannot_be_followed(
    project: Project, refused: Refused, verb: str, content: bytes, words: str
) -> None:
    (project.root / "trunkline.yaml").write_bytes(content)
    assert words in refused(verb, code=10)
    assert not project.bundles.root.exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("rows.drop(columns='income')", "income is missing"),
        ("rows.assign(income='plenty')", "income must be a number from 0 to 500"),
        ("rows.assign(region='east')", "region must be one of north, south"),
        ("rows[:0]", "has no rows"),
        ("rows.assign(repaid='yes')", "have the same outcome"),
    ],
    ids=["missing column", "wrong type", "unknown category", "no rows", "one class"],
)
def test_rows_that_break_the_contract(project: Project, refused: Refused, code: str, words: str) -> None:
    spoil(project, code)
    assert words in refused("snapshot", code=12)
    assert not project.snapshots.exists()
    assert not project.data_lock.exists()


def test_a_source_that_is_an_empty_file(project: Project, refused: Refused) -> None:
    (project.root / "rows.csv").touch()
    spoil(project, f"pd.read_csv({str(project.root / 'rows.csv')!r})")
    assert "EmptyDataError" in refused("snapshot", code=13)


def test_equal_rows_in_train_and_test(project: Project, refused: Refused) -> None:
    contract = project.root / "src/loans/contract.py"
    text = contract.read_text(encoding="utf-8")
    assert '    case: int = pa.Field(ge=0, metadata={"role": "key"})\n' in text
    contract.write_text(text.replace('    case: int = pa.Field(ge=0, metadata={"role": "key"})\n', ""))
    spoil(project, "pd.concat([rows, rows[:400]]).drop(columns='case')")
    assert run(["--project", str(project.root), "snapshot"]) == 0
    assert "data/duplicates" in refused("evaluate", code=3)


@pytest.mark.parametrize("verb", ["snapshot", "forge", "stop"])
def test_a_work_folder_that_cannot_be_made(
    tmp_path: Path, make_project: Callable[[Path], Project], capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    project = make_project(tmp_path / "here")
    project.work.rename(tmp_path / "away")
    # Whoever runs the tests may be root, whom permissions do not stop: a file in the folder's place does.
    project.work.touch()
    assert run(["--project", str(project.root), verb]) == 31
    shown = capsys.readouterr().err
    assert "error: Cannot write" in shown
    assert str(project.work) in shown


@pytest.mark.parametrize("place", ["nowhere", "."])
def test_an_upgrade_from_a_folder_without_a_template_is_an_input_to_correct(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError) as caught:
        render(place, {}, tmp_path)
    assert caught.value.value == place
