from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.reading import DEEPEST, LONGEST, parse_yaml


@pytest.mark.parametrize("date", ["2026-13-01", "2026-02-30", "2026-12-31", "2026-12-31 10:00:00"])
def test_a_date_stays_the_text_that_somebody_wrote_even_where_it_is_none(date: str) -> None:
    assert parse_yaml(f"expires: {date}", "it") == {"expires": date}


@pytest.mark.parametrize("value", ["!!int x", "!!float x", "9" * 5000, "!!omap [1]", "!!set [1]", "*b"])
def test_a_value_that_cannot_be_read_is_named_with_its_line(value: str) -> None:
    with pytest.raises(PolicyError, match=r"it\.yaml is not YAML.*line 2") as caught:
        parse_yaml(f"first: 1\nsecond: {value}\n", "it.yaml")
    assert "it.yaml" in caught.value.next_step


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 5000, "- " * 3000, "a: {" * 500, "\n".join(" " * n + "a:" for n in range(99))]
)
def test_what_is_nested_too_deeply_is_refused_at_once(text: str) -> None:
    with pytest.raises(PolicyError, match=f"more than {DEEPEST} levels"):
        parse_yaml(text, "it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 0\na: 2", "`a` stands twice, lines 1 and 3"),
        ("a: [{b: 1,\n b: 1}]", "`b` stands twice, lines 1 and 2"),
        ("1: x\n1: y", "`1` stands twice, lines 1 and 2"),
    ],
)
def test_a_key_that_stands_twice_is_named_with_both_lines(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=r"it\.yaml is not YAML") as caught:
        parse_yaml(text, "it.yaml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["a: 1\na: 2", "a: b: c", "a: [1", "a:\n\t- 1", "a: *b", "- {", "a: 'x", "a: \x07", "%", "a: !!x 1"],
)
def test_what_is_no_yaml_is_said_without_the_parsers_own_words(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_yaml(text, "it.yaml")
    said = str(caught.value)
    assert not any(word in said for word in ("http", "unicode string", "while ", "token", "^", "To suppress"))
    assert "line" in said or "U+0007" in said


def test_what_is_far_too_long_is_not_even_parsed() -> None:
    with pytest.raises(PolicyError, match="letters"):
        parse_yaml("a: 1\n" * LONGEST, "it")


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}"])
def test_a_value_that_holds_itself_can_be_shown(text: str) -> None:
    assert "[" in str(PolicyError("It is wrong.", value=parse_yaml(text, "it"))) or "{" in text


def test_a_rarer_letter_may_be_written_as_json_writes_it_and_half_of_one_is_refused() -> None:
    assert parse_yaml('a: "\\ud800\\udc00"', "it") == {"a": "\U00010000"}
    with pytest.raises(PolicyError, match=r"half of a letter.*line 1"):
        parse_yaml('a: "\\ud800"', "it.yaml")
