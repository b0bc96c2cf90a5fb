"""`trunkline.yaml` read, with errors that name the key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from trunkline.core.errors import PolicyError, shown
from trunkline.core.problems import wording
from trunkline.core.reading import read_text, whole
from trunkline.core.record import MOST_PROBLEMS

from .policy import Policy

LONGEST = 200_000
"""Letters of a YAML file: a policy has some thousands."""
DEEPEST = 50
"""Levels of a YAML file: a policy has six."""


class _Shallow(Composer):
    """A composer that refuses what is nested too deeply for Python, before it is all read."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise YAMLError(f"it is nested more than {DEEPEST} levels deep")
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Plain(SafeConstructor):
    """A constructor that leaves dates as the text that they are, and says where a value is that cannot be read.

    YAML would make Python's dates of them: it breaks on 2026-13-01 before anything knows whose date that is.
    """

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str) and "\0" in value:  # no path and no address can hold one
            raise ConstructorError(None, None, "a text holds a null character", node.start_mark)
        # JSON writes a rarer letter as two escapes, and YAML reads them one by one.
        return whole(value) if isinstance(value, str) else value

    def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:  # noqa: ARG002 - ruamel's
        if key in mapping:
            # The text of a key says the same wherever both stand, but for `yes` and `true`.
            first = next(one for one, _ in node.value if one.value == key_node.value or one is key_node)
            lines = f"lines {first.start_mark.line + 1} and {key_node.start_mark.line + 1}"
            raise YAMLError(f"`{key}` stands twice, {lines}")
        return True

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            raise ConstructorError(None, None, str(error), node.start_mark) from error


_Plain.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read_policy(path: Path) -> Policy:
    """Return the policy that the file holds.

    Raises PolicyError that names the file and the key when it cannot be read, has an unknown key, or a wrong value.
    """
    return parse_policy(read_text(path, error=PolicyError), str(path), name=path.name)


def parse_policy(text: str, origin: str, *, name: str = "") -> Policy:
    """Return the policy that a file's text holds; `origin` says in errors where it is, `name` what it is called."""
    value = parse_yaml(text, origin)
    try:
        return Policy.model_validate(value)
    except ValidationError as problem:
        rows = problem.errors(include_url=False)
        said = [_explain(row) for row in rows[:MOST_PROBLEMS]]
        said += [f"and {len(rows) - MOST_PROBLEMS} more"] if len(rows) > MOST_PROBLEMS else []
        raise PolicyError(
            f"{name or origin}: {'; '.join(said)}.",
            next_step=f"edit {origin}; `trunkline schema` prints what it may say",
        ) from problem


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises PolicyError when it cannot be read, is not YAML, or is not a mapping.
    """
    return parse_yaml(read_text(path, error=PolicyError), str(path))


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """Return the mapping that YAML text holds; `origin` names it in the error.

    Raises PolicyError when it is not YAML, or not a mapping.
    """
    if len(text) > LONGEST:
        raise PolicyError(
            f"{origin} has {len(text):,} letters, and {LONGEST:,} are read.", next_step=f"shorten {origin}"
        )
    reader = YAML(typ="safe", pure=True)
    reader.Composer, reader.Constructor = _Shallow, _Plain
    try:
        value = reader.load(text)
    except YAMLError as error:
        raise PolicyError(
            f"{origin} is not YAML: {_unreadable(error)}.", next_step=f"edit {origin}"
        ) from error
    if not isinstance(value, dict):
        raise PolicyError(f"{origin} must hold keys and values.", value=value, next_step=f"edit {origin}")
    return value


MEANT = {
    "mapping values are not allowed": "a `:` stands where none may: put the text in quotes, or begin a new line",
    "while scanning a quoted": "a quote is opened and not closed",
    "found character '\\t'": "a tab stands where blanks indent",
    "while parsing a flow": "a bracket is opened and not closed, or a comma is missing",
    "undefined alias": "`*` stands before a name that no `&` gives: put the text in quotes",
    "constructor for the tag": "a tag (`!`) that is not known: put the text in quotes",
    "while parsing a block": "the line is not indented as those before it",
    "could not find expected ':'": "a key without its `:`",
    "cannot start any token": "a sign with which no value begins: put the text in quotes",
}
"""What the parser says: what it means for whoever edits the file."""


def _unreadable(error: YAMLError) -> str:
    if isinstance(error, ReaderError):
        return f"it holds the sign U+{error.character:04X}, which no text has"
    if not isinstance(error, MarkedYAMLError):
        return " ".join(str(error).split())
    said = f"{error.problem} {error.context}"
    words = next((meant for raw, meant in MEANT.items() if raw in said), str(error.problem))
    mark = error.problem_mark or error.context_mark
    return f"{words} (line {mark.line + 1})" if mark else words


def _explain(problem: Any) -> str:
    keys = [str(part) for part in problem["loc"]]
    name = ".".join(keys)
    if problem["type"] != "extra_forbidden":
        found = "" if problem["type"] == "missing" else f" (found {shown(problem['input'])})"
        return f"{name}: {wording(problem)}{found}"
    section: Any = Policy
    for key in keys[:-1]:
        field = getattr(section, "model_fields", {}).get(key)
        section = field.annotation if field else next(iter(get_args(section)), None)  # an item of a list
    known = list(getattr(section, "model_fields", {}))
    guess = difflib.get_close_matches(keys[-1], known, n=1)
    return f"unknown key {name}" + (
        f" (did you mean {guess[0]}?)" if guess else f" (known: {', '.join(known)})"
    )
