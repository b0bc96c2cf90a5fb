"""The one comment that a pull request keeps about its run, on a real local forge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import ForgeError, PolicyError
from trunkline.core.project import Project
from trunkline.forge import open_forge
from trunkline.loop.changes import comment as reporting
from trunkline.loop.gates import reviewing

Git = Callable[..., str]
RUN = "https://github.com/ada/loans/actions/runs/1"


def needs(**results: str) -> str:
    """Return what a workflow knows of its jobs, as JSON."""
    return json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A folder with the gates' report and the plan."""
    folder = tmp_path / "packed"
    (folder / "report").mkdir(parents=True)
    (folder / "report/report.md").write_text("## Gates\n\nAll passed.\n", encoding="utf-8")
    (folder / "plan.md").write_text("## What merging this does\n\nNothing.\n", encoding="utf-8")
    return folder


@pytest.fixture
def proposed(project: Project, git: Git) -> Project:
    """A project whose branch has an open pull request, the first."""
    git(project.root, "switch", "--quiet", "-c", "model/first")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    assert reviewing.open_pull_request(project, title="A model", body="Look").number == 1
    return project


def comments(project: Project) -> list[str]:
    """Return the comments of the pull request."""
    return [comment.body for comment in open_forge(project).pull_request(1).comments]


def test_a_comment_has_a_line_a_job_then_the_plan_the_report_and_the_run(packed: Path) -> None:
    text = reporting.compose(
        {"code": "success", "image": "skipped", "tiers": "success", "report": "success"}, packed, run=RUN
    )
    assert text.splitlines()[:4] == [
        "| job | result |",
        "|---|---|",
        "| code | passed |",
        "| image | not needed |",
    ]
    places = [text.index(part) for part in ("| image", "What merging this does", "All passed.", RUN)]
    assert places == sorted(places)
    assert "tiers" not in text


def test_what_was_skipped_for_a_failure_is_not_said_to_be_needless(tmp_path: Path) -> None:
    text = reporting.compose({"model": "failure", "image": "skipped", "code": "cancelled"}, tmp_path)
    assert "| model | **failed** |" in text
    assert "| image | not run |" in text
    assert "| code | cancelled |" in text
    assert "not needed" not in text


def test_a_result_that_nobody_foresaw_is_told_as_it_is(tmp_path: Path) -> None:
    assert "| model | timed_out |" in reporting.compose({"model": "timed_out"}, tmp_path)


def test_a_report_that_no_comment_can_hold_is_cut_at_a_line_and_still_names_the_run(packed: Path) -> None:
    line = "x" * 99 + "\n"
    (packed / "report/report.md").write_text(line * 2000, encoding="utf-8")
    text = reporting.compose({"model": "success"}, packed, run=RUN)
    assert reporting.LIMIT - 100 < len(text) < 65_536
    assert {len(row) for row in text.splitlines() if row.startswith("x")} == {99}
    assert "… cut" in text
    assert RUN in text


def test_a_cut_inside_a_fold_closes_it_so_that_what_follows_is_seen(packed: Path) -> None:
    fold = "<details>\n<summary>All</summary>\n\n"
    report = f"{fold}short\n\n</details>\n\n{fold}" + ("x" * 99 + "\n") * 2000 + "\n</details>\n"
    (packed / "report/report.md").write_text(report, encoding="utf-8")
    text = reporting.compose({"model": "success"}, packed, run=RUN)
    assert text.count("<details>") == text.count("</details>") == 2
    assert text.index("What merging this does") < text.index("<details>")
    assert text.rindex("</details>") < text.index("… cut") < text.index(RUN)
    assert len(text) < 65_536


def test_one_comment_is_kept_however_often_the_run_reports(proposed: Project, packed: Path) -> None:
    reporting.report(proposed, packed, needs=needs(model="failure"), number=1)
    reporting.report(proposed, packed, needs=needs(model="success"), branch="model/first")
    (comment,) = comments(proposed)
    assert "| model | passed |" in comment
    assert "failed" not in comment


def test_a_branch_without_a_pull_request_has_nothing_to_report_on(project: Project, packed: Path) -> None:
    assert reporting.report(project, packed, needs=needs(code="success"), branch="main") is None
    assert reporting.report(project, packed, needs=needs(code="success")) is None


def test_a_branch_whose_pull_request_was_closed_has_nothing_to_report_on(
    proposed: Project, packed: Path
) -> None:
    open_forge(proposed).close_pull_request(1)
    assert reporting.report(proposed, packed, needs=needs(code="success"), branch="model/first") is None
    assert comments(proposed) == []


def test_a_number_that_no_pull_request_has_is_an_error(project: Project, packed: Path) -> None:
    with pytest.raises(ForgeError, match="9"):
        reporting.report(project, packed, needs=needs(code="success"), number=9)


def test_garbage_in_place_of_results_is_refused_before_anything_is_written(
    proposed: Project, packed: Path
) -> None:
    with pytest.raises(PolicyError):
        reporting.report(proposed, packed, needs="garbage", number=1)
    assert comments(proposed) == []


def test_the_verb_reads_what_the_workflow_puts_into_its_environment(
    proposed: Project, packed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "NEEDS": needs(code="success"),
        "PULL_REQUEST": "1",
        "BRANCH": "x",
        "RUN_URL": RUN,
    }.items():
        monkeypatch.setenv(name, value)
    assert run(["--project", str(proposed.root), "ci", "report", "--from", str(packed)]) == 0
    assert "#1 A model" in capsys.readouterr().out
    (comment,) = comments(proposed)
    assert RUN in comment


def test_the_verb_finds_the_pull_request_of_a_dispatched_run_by_its_branch(
    proposed: Project, packed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULL_REQUEST", "")
    monkeypatch.setenv("NEEDS", needs(code="success"))
    words = ["--project", str(proposed.root), "ci", "report", "--from", str(packed), "--branch"]
    assert run([*words, "model/first"]) == 0
    assert len(comments(proposed)) == 1
    assert run([*words, "main"]) == 0
    assert "There is no open pull request of the branch main" in capsys.readouterr().out


def test_a_run_that_had_nothing_to_do_writes_no_comment_and_leaves_none_that_is_no_longer_true(
    proposed: Project, tmp_path: Path
) -> None:
    nothing = needs(tiers="success", code="skipped", model="skipped", image="skipped", plan="skipped")
    assert reporting.report(proposed, tmp_path / "empty", needs=nothing, number=1) is None
    assert comments(proposed) == []
    reporting.report(proposed, tmp_path / "empty", needs=needs(tiers="success", model="failure"), number=1)
    assert "**failed**" in comments(proposed)[0]
    assert reporting.report(proposed, tmp_path / "empty", needs=nothing, number=1)
    (said,) = comments(proposed)
    assert "failed" not in said
    assert "| model | not needed |" in said
