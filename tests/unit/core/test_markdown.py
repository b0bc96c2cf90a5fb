"""Users' names and values in Markdown: shown as they are, in one cell, and read as nothing else."""

from __future__ import annotations

import html
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from trunkline.core.markdown import code, one_line, plain

READER = MarkdownIt("gfm-like", {"linkify": False})
HARMLESS = {"text", "code_inline"}


def cells(table: str) -> list[list[Any]]:
    """Return the tokens of each cell of a table's only row, as a forge reads them."""
    found = READER.parse(table)
    return [
        one.children or []
        for before, one in pairwise(found)
        if before.type == "td_open" and one.type == "inline"
    ]


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(text=st.text(alphabet="ab |`<>@#1$*_~[]()!\\&;\n\u202e-", max_size=14))
@example(text="a|b <script> @ada ![x](y) [l](http://x)")
@example(text="pr|ice `€` and `one tick")
@example(text="``a`b`` $x^2$ *y* _z_ ~~gone~~ #12 \\| &lt;")
@example(text="line\nbreak\u202eevil\x1b[2J")
def test_a_text_is_one_cell_of_words(text: str) -> None:
    read = cells(f"| a | b |\n|---|---|\n| {plain(text)} | `x` |\n")

    assert len(read) == 2
    assert {token.type for token in read[0]} <= HARMLESS | {"text_special"}
    words = "".join(token.content for token in read[0])
    assert [sign for sign in words if sign.isalnum()] == [sign for sign in one_line(text) if sign.isalnum()]
    assert not {"@", "$"} & set(plain(text.replace("`", "")))


@pytest.mark.parametrize("text", ["a|b <i> @ada `x` $y$ #1", "# *big* [l](http://x)", "- 5 to 7"])
def test_a_terminal_gets_the_signs_back(text: str) -> None:
    assert html.unescape(plain(text)).replace("\\|", "|") == text


@pytest.mark.parametrize("text", ["# a", "> a", "- a", "+ a", "= a"])
def test_a_text_begins_no_block(text: str) -> None:
    assert [token.type for token in READER.parse(plain(text))] == [
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


def test_names_of_metrics_and_commands_stay_readable() -> None:
    text = "neg_mean_absolute_error is -98,589 (95 % interval, `make <x>` says more)"
    assert plain(text) == text


@pytest.mark.parametrize(("value", "shown"), [("a`b", "`a'b`"), ("a|b\nc", "`a\\|b c`")])
def test_a_value_as_code_ends_where_it_should(value: str, shown: str) -> None:
    assert code(value) == shown
