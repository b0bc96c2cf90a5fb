"""Every combination of the answers that are chosen, and of owners named or not, makes a project that is in order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.policy.reading import read_policy

QUESTIONS = json.loads(
    (Path(__file__).parents[3] / "template" / "cookiecutter.json").read_text(encoding="utf-8")
)
OFFERED: dict[str, list[str]] = {
    name: answers for name, answers in QUESTIONS.items() if isinstance(answers, list) and name[0] != "_"
} | {"code_owners": ["", "@ada @acme/ml"]}
COMBINATIONS = [dict(zip(OFFERED, answers, strict=True)) for answers in itertools.product(*OFFERED.values())]


@pytest.mark.parametrize("answers", COMBINATIONS, ids=lambda answers: "-".join(answers.values()))
def test_a_combination_of_answers_makes_a_project_in_order(
    render: Callable[..., Any], rendered: Path, git: Callable[..., str], answers: dict[str, str]
) -> None:
    project: Path = render(**answers).project
    assert git(project, "status", "--porcelain") == ""
    assert read_policy(project / "trunkline.yaml").package == "my_model"
    kept = json.loads((project / ".template.json").read_text(encoding="utf-8"))["answers"]
    assert set(kept) == {name for name in QUESTIONS if not name.startswith("_")}
    assert {name: kept[name] for name in answers} == answers
    # Workflows, and all else under .github but who owns what, are the same whatever was answered.
    for path in sorted(file for file in (rendered / ".github").rglob("*") if file.is_file()):
        if path.name != "CODEOWNERS":
            assert (project / path.relative_to(rendered)).read_bytes() == path.read_bytes()
    owners = (project / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    assert ("\n* @ada @acme/ml\n" in owners) is bool(answers["code_owners"])
    assert (answers["toolkit"] == "vendored") is (project / "vendor").is_dir()
