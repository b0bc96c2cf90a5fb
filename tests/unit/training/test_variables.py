from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from trunkline.training.variables import Unseen, hide_variables

CODE = Path("/bundles/one/code")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hide the variables of this process from code in a folder, and return what that code asked for."""
    monkeypatch.setattr(os, "environ", {"FLAVOUR": "b", "TZ": "Asia/Tokyo"})
    monkeypatch.setattr(os, "environb", os.environb)
    monkeypatch.setattr("posix.environ", {b"FLAVOUR": b"b"})
    found: list[str] = []
    hide_variables(CODE, found)
    return found


def run(expression: str, *, file: str = "/bundles/one/code/loans/features.py", setup: str = "") -> Any:
    """Return what an expression gives in a module of a bundle, or wherever `file` lies."""
    names: dict[str, Any] = {"__name__": "loans.features"}
    exec(compile(f"import os\n{setup}\nfound = {expression}\n", file, "exec"), names)  # noqa: S102
    return names["found"]


@pytest.mark.parametrize(
    ("expression", "setup"),
    [
        ("os.environ['{name}']", ""),
        ("environ['{name}']", "from os import environ"),
        ("os.environ.pop('{name}')", ""),
        ("settings('{name}')", "def settings(name):\n    return os.environ[name]"),
    ],
)
@pytest.mark.parametrize("name", ["FLAVOUR", "TZ"])
def test_a_variable_that_the_code_needs_is_not_there_and_the_error_names_it(
    asked: list[str], expression: str, setup: str, name: str
) -> None:
    with pytest.raises(KeyError, match=name):
        run(expression.format(name=name), setup=setup)
    assert asked == [f"the variable {name}"]


@pytest.mark.parametrize(
    ("expression", "setup"),
    [
        ("os.environ.get('FLAVOUR', 'a')", ""),
        ("os.getenv('FLAVOUR', 'a')", ""),
        ("getenv('FLAVOUR', 'a')", "from os import getenv"),
        ("os.environ['FLAVOUR'] if 'FLAVOUR' in os.environ else 'a'", ""),
        ("os.environb.get(b'FLAVOUR', b'a').decode()", ""),
        ("os.getenvb(b'FLAVOUR', b'a').decode()", ""),
    ],
)
def test_a_variable_with_a_default_is_the_default_everywhere_and_is_noted(
    asked: list[str], expression: str, setup: str
) -> None:
    assert run(expression, setup=setup) == "a"
    assert asked == ["the variable FLAVOUR"]


@pytest.mark.parametrize("expression", ["dict(os.environ)", "os.environ.copy()", "{**os.environ}"])
def test_the_whole_environment_is_empty_for_the_code(asked: list[str], expression: str) -> None:
    assert run(expression) == {}
    assert asked == ["all variables of the environment"]


def test_bytes_tell_the_code_no_more_and_other_code_as_much(asked: list[str]) -> None:
    assert run("dict(os.environb)") == {}
    assert run("posix.environ", setup="import posix") == {}
    assert run("os.environb[b'QUIET']", setup="os.environb[b'QUIET'] = b'1'") == b"1"
    assert run("os.environb[b'FLAVOUR']", file="/lib/other.py") == b"b"
    assert asked == ["all variables of the environment"]


def test_other_code_sees_what_there_is(asked: list[str]) -> None:
    assert run("(os.environ['TZ'], os.getenv('FLAVOUR'))", file="/lib/other.py") == (
        "Asia/Tokyo",
        "b",
    )
    assert os.environ["TZ"] == "Asia/Tokyo"
    assert asked == []


def test_the_code_may_set_a_variable_for_libraries_and_read_it_again(asked: list[str]) -> None:
    assert run("os.environ['QUIET']", setup="os.environ['QUIET'] = '1'") == "1"
    assert os.environ["QUIET"] == "1"
    assert asked == []


def test_a_variable_that_is_taken_away_is_gone_for_all() -> None:
    whole = {"A": "1"}
    del Unseen(whole, CODE, [])["A"]
    assert whole == {}
