"""What is known before a workflow runs decides an expression, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.expressions import UNKNOWN, evaluate, names, parse
from workflows.scenario import FORK, OTHER_BRANCH, OWN_PULL_REQUEST, outlives, possible

GUARD = "github.event.pull_request.head.repo.full_name == github.repository"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a == 'X'", True),
        ("a != 'x'", False),
        ("a == 'x' && b == 'y'", False),
        ("a == 'z' || b == 'x'", False),
        ("!(a == 'z') && (b == 'x' || a == 'x')", True),
        ("nobody == 'x'", UNKNOWN),
        ("nobody && a == 'z'", False),
        ("nobody || a == 'x'", True),
        ("nobody || 'text'", UNKNOWN),
        ("a == 'z' && nobody || 'text'", "text"),
        ("contains(many, 'two')", True),
        ("contains(many, 'three')", False),
        ("contains(many, nobody)", UNKNOWN),
        ("startsWith(a, 'X')", True),
        ("always()", UNKNOWN),
        ("${{ a == 'it''s' }}", False),
    ],
)
def test_a_value_is_known_or_unknown(text: str, value: Any) -> None:
    assert evaluate(parse(text), {"a": "x", "b": "z", "many": ["one", "two"]}) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends too early"),
        ("a ==", "ends too early"),
        ("a b", "not understood from here: b"),
        ("(a", "ends too early"),
        ("a == 'x", "not understood from here:  ?'x"),
        ("contains(a", "ends too early"),
        ("contains(a b)", ", is missing"),
        ("a == )", r"\) has no place here"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(text)


def test_names_are_found_wherever_they_stand() -> None:
    assert names(parse("a.b && !contains(needs.*.result, c['d'])")) == {"a.b", "needs.*.result", "c.d"}


@pytest.mark.parametrize(
    ("condition", "fork", "own", "branch"),
    [
        ("", True, True, True),
        (GUARD, False, True, False),
        (f"github.event_name != 'pull_request' || {GUARD}", False, True, True),
        (f"github.event_name != 'pull_request' && {GUARD}", False, False, False),
        ("github.event_name == 'workflow_dispatch'", False, False, True),
        ("github.ref == 'refs/heads/main'", False, False, False),
        ("!github.event.pull_request.head.repo.fork", False, True, True),
        ("vars.SWITCH == 'on'", True, True, True),
        ("this is no condition", True, True, True),
    ],
)
def test_a_condition_lets_pass_whom_it_may(condition: str, fork: bool, own: bool, branch: bool) -> None:
    passed = [possible(condition, scenario) for scenario in (FORK, OWN_PULL_REQUEST, OTHER_BRANCH)]

    assert passed == [fork, own, branch]


@pytest.mark.parametrize(("condition", "lives"), [("", False), ("success()", False), ("!cancelled()", True)])
def test_only_some_conditions_outlive_a_failure(condition: str, lives: bool) -> None:
    assert outlives(condition) is lives
