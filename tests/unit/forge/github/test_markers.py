"""Marks in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.forge.github.markers import LONGEST, marked, unmarked


@given(body=st.text(st.characters(codec="utf-8", exclude_characters="\r")), name=st.text(min_size=1))
def test_what_is_marked_reads_as_it_was_written(body: str, name: str) -> None:
    body = body.rstrip("\n")
    assert unmarked(marked(body, "issue", name), "issue") == (body, name)


def test_a_name_cannot_end_the_comment_that_hides_it() -> None:
    text = marked("", "comment", "a --> <b>loud</b>")
    assert text.count("-->") == 1
    assert text.endswith("-->")


@pytest.mark.parametrize(
    "text", ["plain", "<!-- trunkline:issue=f --> and more", "<!-- trunkline:comment=f -->", "<!-- note -->"]
)
def test_a_text_without_a_mark_of_the_kind_at_its_end_has_none(text: str) -> None:
    assert unmarked(text, "issue") == (text, "")


def test_an_empty_name_leaves_no_mark() -> None:
    assert marked("body", "comment", "") == "body"


def test_a_long_text_is_cut_so_that_its_mark_stays() -> None:
    text = marked("x" * LONGEST, "issue", "production/data")
    assert len(text) == LONGEST
    body, name = unmarked(text, "issue")
    assert name == "production/data"
    assert body.endswith("65,536 characters.*")


def test_line_ends_of_a_form_read_as_ours() -> None:
    assert unmarked("one\r\ntwo\r\n\r\n<!-- trunkline:issue=f -->", "issue") == ("one\ntwo", "f")
