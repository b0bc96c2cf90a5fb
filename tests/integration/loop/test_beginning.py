"""`trunkline init` makes a project of a file of rows; `trunkline check` then has nothing to say against it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from trunkline.cli.main import run
from trunkline.core.project import Project
from trunkline.data import project_contract
from trunkline.data.sources import load_source

HEADER = "Order-Nr;PLZ;Größe;class;since;left"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four hundred rows as a spreadsheet in German writes them."""
    path = tmp_path / "kunden liste.csv"
    rows = [
        f"{n};{n % 7:05d};{n % 50},5;{'ab'[n % 2]};{n % 28 + 1:02d}.03.2024;{('yes', 'no', '')[n % 3]}"
        for n in range(600)
    ]
    path.write_text("\n".join((HEADER, *rows)), encoding="cp1252")
    return path


def begin(project: Project, *words: object) -> int:
    return run(["--project", str(project.root), "init", *map(str, words)])


def test_a_file_becomes_a_project_that_check_finds_in_order(
    project: Project, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "loadtest").mkdir()
    (project.root / "loadtest/locustfile.py").write_text("")
    assert begin(project, file, "--outcome", "left") == 0
    begun = Project(project.root)
    contract = project_contract(begun)
    assert (contract.outcome.name, contract.positive) == ("left", "yes")
    assert [column.name for column in contract.columns] == HEADER.split(";")
    assert [column.role.value for column in contract.columns] == [
        "key",
        "feature",
        "feature",
        "feature",
        "time",
        "outcome",
    ]
    assert contract.column("PLZ").type == "category"
    loaded = load_source(begun)
    assert len(loaded) == 400
    assert loaded["Größe"].max() == 49.5
    assert not begun.has("features", "features")
    assert run(["--project", str(project.root), "check"]) == 0
    assert "gradient-boosting" in capsys.readouterr().out


def test_a_column_may_have_any_name(project: Project, tmp_path: Path) -> None:
    names = [
        "int",
        "pd",
        "trunkline",
        "to_schema",
        "½",
        "ﬁn",
        'a"b',
        "{{ x }}",
        "m²",
        "€",
        "$",
        "שלום",
        "x\u2028y",
        "\u202eerus",
        "\U000e0061tag",
        'q"); raise SystemExit  #',
        "b\\",
    ]
    rows = tmp_path / "rows.csv"
    quoted = ['"' + name.replace('"', '""') + '"' for name in (*names, "left")]
    lines = [
        ",".join([str(n % 7), *(str(n % 5) for _ in names[1:]), "no" if n % 3 else "yes"]) for n in range(90)
    ]
    rows.write_text("\n".join((",".join(quoted), *lines)), encoding="utf-8")
    assert begin(project, rows, "--outcome", "left", "--positive", "yes") == 0
    begun = Project(project.root)
    assert [column.name for column in project_contract(begun).columns] == [*names, "left"]
    # Who reads the code sees what it is: no sign turns a line around, or stands there unseen.
    for file in begun.package.glob("*.py"):
        assert all(line.isprintable() for line in file.read_text(encoding="utf-8").split("\n"))
    assert set(load_source(begun).columns) == {*names, "left"}


def test_cells_as_people_write_them_are_read_by_load(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.csv"
    lines = [
        f'"$1,{n:03d}.50";02/{n % 9 + 1:02d}/2024;{n if n % 8 else "n.a."};{"yn"[n % 2]}' for n in range(90)
    ]
    rows.write_text("\n".join(("price;at;n;left", *lines)))
    said = ("--outcome", "left", "--positive", "y", "--time", "at")
    assert begin(project, rows, *said) != 0
    assert "--month-first" in capsys.readouterr().err
    assert begin(project, rows, *said, "--month-first") == 0
    told = capsys.readouterr().out
    assert "90 rows are fewer" in told
    assert "n.a." in told
    loaded = load_source(Project(project.root))
    assert loaded["price"].max() == 1089.5
    assert {str(time)[:7] for time in loaded["at"]} == {"2024-02"}


def test_what_stands_above_the_names_is_refused(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("Export of May\n\na,b,left\n" + "1,2,y\n3,4,n\n" * 20)
    assert begin(project, rows, "--outcome", "left") != 0
    assert "Export of May" in capsys.readouterr().err


def test_the_index_of_a_parquet_file_is_a_column(project: Project, tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    frame = pd.DataFrame(
        {"a": [1, 2, 3, 4] * 10, "left": ["y", "n"] * 20}, index=[f"K{n}" for n in range(40)]
    )
    frame.rename_axis("customer").to_parquet(rows)
    assert begin(project, rows, "--outcome", "left", "--positive", "y") == 0
    begun = Project(project.root)
    assert project_contract(begun).columns[0].name == "customer"
    assert load_source(begun)["customer"].tolist() == frame.index.tolist()


def test_what_is_not_committed_is_never_replaced(
    project: Project, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = project.root / "src/loans/model.py"
    edited.write_text(edited.read_text() + "# mine\n")
    assert begin(project, file, "--outcome", "left") != 0
    assert "not committed" in capsys.readouterr().err
    assert "# mine" in edited.read_text()
    assert not (project.root / "data").exists()
    assert begin(project, file, "--outcome", "left", "--replace") == 0
    assert "# mine" not in edited.read_text()


def test_where_nobody_can_be_asked_what_is_open_is_refused(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n" + "1,x\n2,y\n" * 10)
    assert begin(project, rows) != 0
    assert "--outcome" in capsys.readouterr().err
    assert begin(project, rows, "--outcome", "b") != 0
    assert "--positive" in capsys.readouterr().err
