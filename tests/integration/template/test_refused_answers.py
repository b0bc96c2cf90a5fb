"""Answers from which no working project can be made are refused with the reason, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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


def test_a_choice_that_is_not_offered_is_refused(render: Render) -> None:
    rendering = render(toolkit="borrowed")
    assert rendering.code != 0
    assert list(rendering.output.iterdir()) == []


def test_a_missing_git_is_named_and_nothing_is_left(render: Render) -> None:
    rendering = render(environment={"PATH": ""})
    assert rendering.code != 0
    assert "git was not found" in rendering.printed
    assert list(rendering.output.iterdir()) == []
