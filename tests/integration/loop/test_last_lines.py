"""Each verb of a model change ends with what to do next, also when it says no."""

from __future__ import annotations

import re

import pytest

from trunkline.cli.main import VERBS, run
from trunkline.core.project import Project


def test_each_verb_ends_with_what_comes_next(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for verb, names in (("snapshot", "make train"), ("train", "make evaluate"), ("evaluate", "make release")):
        assert run(["--project", str(project.root), verb]) == 0
        last = capsys.readouterr().out.strip().splitlines()[-1]
        assert last.startswith("next:")
        assert names in last


def test_gates_that_say_no_end_with_the_report_and_a_verb_that_explains(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text("utf-8").replace("roc_auc: 0.6", "roc_auc: 0.99"), encoding="utf-8")
    assert run(["--project", str(project.root), "snapshot"]) == 0
    capsys.readouterr()
    assert run(["--project", str(project.root), "evaluate"]) == 3
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.strip().startswith("next:")
    assert ".html" in last
    verb, gate = re.findall(r"trunkline ([a-z]+) (\S+)", last)[0]
    assert verb in VERBS
    assert run(["--project", str(project.root), verb, gate]) == 0


@pytest.mark.parametrize("words", [("pr", "show", "1"), ("issue", "show", "1"), ("card", "7")])
def test_where_there_is_none_yet_the_next_step_is_no_empty_list(
    project: Project, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(["--project", str(project.root), *words]) != 0
    said = capsys.readouterr().err
    assert "next: " in said
    assert "one of" not in said
