"""A generated project's own tests pass, unmodified, in a workflow of its own pull request.

Its environment is this repository's, put in place of the one that `make setup` would install.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stranger.variables import FILES, workflow_variables
from warm import programs

OWNERS, TOKEN = "@ada @acme/ml", "ghs_of_the_workflow"
CHOICES: list[dict[str, str]] = [
    {"license": "Apache-2.0", "toolkit": "pinned", "code_owners": OWNERS, "token": TOKEN},
    {"license": "Proprietary", "toolkit": "pinned", "code_owners": "", "token": TOKEN},
    {"license": "MIT", "toolkit": "vendored", "code_owners": OWNERS, "token": ""},
]

WHOLE = (0,)
"""The one that runs every test, as `make test` does with the first answers; the others run those that release, which
alone meet the answers."""


def test_each_answer_is_among_the_choices(repository: Path) -> None:
    questions = json.loads((repository / "template" / "cookiecutter.json").read_text(encoding="utf-8"))
    offered = {name: questions[name] for name in ("license", "toolkit")}
    offered |= {"code_owners": ["", OWNERS], "token": ["", TOKEN]}
    for name, answers in offered.items():
        assert {choice[name] for choice in CHOICES} == set(answers)


@pytest.mark.parametrize(
    "number",
    range(len(CHOICES)),
    ids=["-".join(word or "none" for word in each.values()) for each in CHOICES],
)
def test_its_tests_pass_with_the_variables_of_a_workflow(
    render: Callable[..., Any], git: Callable[..., str], tmp_path: Path, number: int
) -> None:
    choice = CHOICES[number]
    which = () if number in WHOLE else ("tests/integration",)
    answers = {name: answer for name, answer in choice.items() if name != "token"}
    project: Path = render(**answers).project
    commit = git(project, "rev-parse", "HEAD")
    variables = workflow_variables(
        tmp_path / "runner", workspace=project, commit=commit, token=choice["token"]
    )
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [programs() / "python", "-m", "pytest", "-p", "no:cacheprovider", *which],
        cwd=project,
        env=outside | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert not {"failed", "skipped", "error", "errors"} & set(last.split())
    # What a copy of the project does is no business of the job around the tests.
    written = {name: Path(variables[name]).read_text(encoding="utf-8") for name in FILES}
    assert written == dict.fromkeys(FILES, "")
    assert git(project, "status", "--porcelain") == ""
