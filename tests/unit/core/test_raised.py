from __future__ import annotations

import json
from typing import Any

import pytest

from trunkline.core.errors import ContractError, DataError, ProjectError
from trunkline.core.raised import asking, raised

CODE = compile("def load():\n    return decode('{')\n", "/somewhere/src/mine/data.py", "exec")


def error_of_a_project() -> Exception:
    names: dict[str, Any] = {"decode": json.loads}
    exec(CODE, names)  # noqa: S102 - it has a file name of its own
    with pytest.raises(json.JSONDecodeError) as caught:
        names["load"]()
    return caught.value


def test_the_place_is_the_projects_own_line_and_not_the_librarys() -> None:
    assert "(src/mine/data.py, line 2)" in raised(error_of_a_project())


def test_a_page_becomes_one_short_line() -> None:
    words = raised(ValueError("a page\n" * 1000))
    assert "\n" not in words
    assert len(words) < 400


def test_an_error_without_a_message_is_named() -> None:
    assert raised(KeyboardInterrupt()) == "KeyboardInterrupt"


@pytest.mark.parametrize("error", [ValueError("x\ny"), SystemExit(0)])
def test_what_a_project_raises_and_its_exit_are_errors_of_one_line(error: BaseException) -> None:
    with pytest.raises(ContractError) as caught, asking("contract.py failed:", "edit it", kind=ContractError):
        raise error
    assert "\n" not in str(caught.value)
    assert caught.value.next_step == "edit it"


def test_our_errors_and_a_librarys_answers_pass() -> None:
    for error in (DataError("no rows"), KeyError("answer")):
        with pytest.raises(type(error)), asking("load() failed:", "edit it", answers=(KeyError,)):
            raise error
    with pytest.raises(ProjectError), asking("load() failed:", "edit it"):
        raise KeyError("no answer")


def test_an_error_is_told_with_its_kind_and_without_its_full_stop() -> None:
    assert raised(ValueError("no such level.")) == "ValueError: no such level"
