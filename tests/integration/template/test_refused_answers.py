"""Answers from which no working project can be made are refused with the reason, and nothing is left behind."""

from __future__ import annotations

import py_compile
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

Render = Callable[..., Any]


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        (" ", "must begin with a letter"),
        ("Loans", "must begin with a letter"),
        ("2fast", "must begin with a letter"),
        ("two words", "must begin with a letter"),
        ("kredit_prüfung", "must begin with a letter"),
        ("../escape", "must begin with a letter"),
        ("a'b\"c\\", "must begin with a letter"),
        ("loans_", "ends with _"),
        ("a" * 41, "longer than 40"),
        ("lambda", "word of the Python language"),
        ("match", "word of the Python language"),
        ("json", "standard library"),
        ("trunkline", "library that the project uses"),
        ("pandas", "library that the project uses"),
    ],
)
def test_a_package_name_that_cannot_work_is_refused(render: Render, package: str, reason: str) -> None:
    rendering = render(package=package)
    assert rendering.code != 0
    assert "Answer refused: package" in rendering.printed
    assert reason in rendering.printed
    assert list(rendering.output.iterdir()) == []


@pytest.mark.parametrize("question", ["project_name", "description", "intended_use", "owner"])
@pytest.mark.parametrize(("answer", "reason"), [("  ", "is empty"), ("a\nb", "must be one line")])
def test_a_text_that_says_nothing_or_breaks_a_line_is_refused(
    render: Render, question: str, answer: str, reason: str
) -> None:
    rendering = render(**{"package": "loans", question: answer})
    assert rendering.code != 0
    assert f"Answer refused: {question}" in rendering.printed
    assert reason in rendering.printed
    assert list(rendering.output.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("ada", "ada is neither @user nor @organisation/team"),
        ("@ada @acme/ml/more", "@acme/ml/more is neither"),
        ("@ada # me", "#, me is neither"),
        ("@ada\n/src/ @bob", "must be one line"),
    ],
)
def test_code_owners_that_github_would_pass_over_are_refused(
    render: Render, answer: str, reason: str
) -> None:
    rendering = render(code_owners=answer)
    assert rendering.code != 0
    assert "Answer refused: code_owners" in rendering.printed
    assert reason in rendering.printed
    assert list(rendering.output.iterdir()) == []


def test_all_refused_answers_are_named_at_once(render: Render) -> None:
    printed = render(package="json", owner=" ").printed
    assert "refused: package" in printed
    assert "refused: owner" in printed


@pytest.mark.parametrize(
    "name", ["1bad!", "", "class", "sklearn", "yaml", "trunkline", "50% off", "日本", "x" * 201, "tab\there"]
)
def test_a_refused_answer_ends_with_the_reason_and_the_next_step(render: Render, name: str) -> None:
    rendering = render(project_name=name)
    assert rendering.code != 0
    assert "Traceback" not in rendering.printed
    *reasons, next_step = rendering.printed.strip().splitlines()
    assert reasons
    assert all(reason.startswith("Answer refused: ") for reason in reasons)
    assert next_step.strip().startswith("next: ")
    assert list(rendering.output.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Kredit-Prüfung für Städte", "kredit_prufung_fur_stadte"),
        ("Churn (50%)", "churn_50"),
        (
            'it\'s a "quote" \\ and: # more | here & <there> $HOME `x` 🚀',
            "it_s_a_quote_and_more_here_there_home_x",
        ),
        ("x" * 200, "x" * 40),
    ],
)
def test_any_other_name_suggests_a_package_and_stands_whole_in_readable_files(
    render: Render, name: str, package: str
) -> None:
    project = render(
        project_name=name, description=name, owner=name, intended_use=name, code_owners="@a/b"
    ).project
    assert project.name == package.replace("_", "-")
    for source in (project / "src" / package).glob("*.py"):
        py_compile.compile(str(source), doraise=True)
    assert (project / "README.md").read_text(encoding="utf-8").startswith(f"# {name}\n")
    assert tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["description"] == name
    policy = YAML(typ="safe").load((project / "trunkline.yaml").read_text("utf-8"))
    assert (policy["owner"], policy["intended_use"]) == (name, name)
    assert (project / ".github/CODEOWNERS").read_text("utf-8").rstrip().endswith("\n* @a/b")


def test_a_choice_that_is_not_offered_is_refused(render: Render) -> None:
    rendering = render(toolkit="borrowed")
    assert rendering.code != 0
    assert list(rendering.output.iterdir()) == []


def test_a_missing_git_is_named_and_nothing_is_left(render: Render) -> None:
    rendering = render(environment={"PATH": ""})
    assert rendering.code != 0
    assert "git was not found" in rendering.printed
    assert list(rendering.output.iterdir()) == []
