from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from trunkline.delivery.yaml_edit import edit

FILE = """\
# Production
environment: production
target:
  kind: local   # a process
  port: 8080
# what of
challenger: null   # none yet
# the share
share: 0.0
salt: ""
"""
ROUTE: dict[str, str | int | float | bool | None] = {"version": 2, "bundle": "sha256:ab"}


def test_a_scalar_changes_and_nothing_else_does() -> None:
    assert edit(FILE, {"share": 0.2}) == FILE.replace("share: 0.0", "share: 0.2")


def test_a_key_inside_a_mapping_changes_alone() -> None:
    changed = edit(FILE, {"target": {"kind": "local", "port": 9090}})
    assert changed == FILE.replace("8080", "9090")


def test_a_null_becomes_a_mapping_and_the_comments_around_it_stay_in_their_places() -> None:
    assert edit(FILE, {"challenger": ROUTE}) == FILE.replace(
        "challenger: null   # none yet",
        "challenger:\n  version: 2\n  bundle: sha256:ab   # none yet",
    )


def test_a_mapping_becomes_null_and_the_comment_behind_it_stays() -> None:
    there = edit(FILE, {"challenger": ROUTE})
    assert edit(there, {"challenger": None}) == FILE


def test_an_empty_value_is_filled() -> None:
    text = "a:\n# about b\nb: 1\n"
    assert edit(text, {"a": {"x": 1}}) == "a:\n  x: 1\n# about b\nb: 1\n"
    assert edit("a:", {"a": 5}) == "a: 5"
    assert edit("a:\n", {"a": "word"}) == "a: word\n"


def test_flow_mappings_keep_their_style_or_go_whole() -> None:
    assert edit("a: {x: 1, y: 2}  # c\n", {"a": {"x": 1, "y": 3}}) == "a: {x: 1, y: 3}  # c\n"
    assert edit("a: {x: 1, y: 2}  # c\n", {"a": None}) == "a: null  # c\n"


def test_another_shape_of_mapping_replaces_the_whole() -> None:
    assert edit("a:\n  x: 1\n  y: 2\nb: 1\n", {"a": {"z": 1}}) == "a:\n  z: 1\nb: 1\n"


def test_missing_keys_are_appended_even_without_a_last_newline() -> None:
    assert edit("a: 1", {"b": "x"}) == "a: 1\nb: x\n"
    assert edit("", {"b": None}) == "b: null\n"


@pytest.mark.parametrize(
    "word", ["", "yes", "null", "12", "0x1f", "a: b", "# no", "'", "{", " x", "1e3", "2026-01-01"]
)
def test_words_that_yaml_would_read_otherwise_are_quoted(word: str) -> None:
    assert YAML(typ="safe", pure=True).load(edit("a: 1\n", {"a": word})) == {"a": word}


def test_windows_line_ends_stay() -> None:
    text = FILE.replace("\n", "\r\n")
    changed = edit(text, {"challenger": ROUTE, "share": 0.5, "new": 1})
    assert changed.count("\r\n") == changed.count("\n")
    assert YAML(typ="safe", pure=True).load(changed)["challenger"] == ROUTE


def test_an_alias_is_refused_rather_than_changed_in_two_places() -> None:
    with pytest.raises(ValueError, match="alias"):
        edit("a: &one\n  x: 1\nb: *one\n", {"b": None})
    with pytest.raises(ValueError, match="b is written"):
        edit("a: &one\n  x: 1\nb: *one\n", {"b": {"x": 2}, "a": {"x": 1}})


def test_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="keys and values"):
        edit("- 1\n", {"a": 1})


def test_white_space_that_is_not_understood_is_refused_and_not_damaged() -> None:
    with pytest.raises(ValueError, match="unusual"):
        edit("a :\nb: 1\n", {"a": {"x": 1}})
