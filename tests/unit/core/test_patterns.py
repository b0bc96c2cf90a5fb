from __future__ import annotations

import re

import pytest

from trunkline.core.patterns import literal, published


@pytest.mark.parametrize("pattern", [r"^\d{5}$", r"^[A-Z]{2}-[0-9]+", r"a\.b", "^(?:x|y)$", r"^\w+"])
def test_what_json_schema_reads_alike_is_shown(pattern: str) -> None:
    assert published([pattern]) == {"pattern": pattern}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\D",
        r"\W",
        r"\s",
        r"\bx",
        "(?i:x)",
        "(?P<a>x)",
        "(?!x)y",
        "(?<!x)y",
        "a++",
        "a{,3}",
        "[]a]",
        r"[^\d]",
    ],
)
def test_what_json_schema_would_read_otherwise_is_not_shown(pattern: str) -> None:
    assert published(["^a", pattern]) == {}


def test_ends_of_python_become_those_of_json_schema() -> None:
    assert published([r"\Aab\Z", r"\\Z"]) == {"allOf": [{"pattern": "^ab$"}, {"pattern": r"\\Z"}]}


def test_a_literal_finds_only_itself() -> None:
    text = "a.b*[c]^$(d)|{2}/\\ -"
    assert re.fullmatch(literal(text), text)
    assert not re.search(literal("a.b"), "axb")
