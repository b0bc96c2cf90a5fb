"""A terminal shows what came from outside and does not obey it."""

from __future__ import annotations

import pytest

from trunkline.cli import output
from trunkline.cli.terminal import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J\rb", "a\\x1b[2J\\rb"),
        ("\u202eevil", "\\u202eevil"),
        ("half \ud800", "half \\ud800"),
        ("größe\n\t100\xa0% \U0001f3e0 می\u200cخواهم", "größe\n\t100\xa0% \U0001f3e0 می\u200cخواهم"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_results_and_tables_are_shown_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.result("title", "a\x1b[2J")
    output.table(["title"], [["b\x1b[2J"]])
    assert "\x1b[2J" not in capsys.readouterr().out
