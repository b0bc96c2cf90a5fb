"""Edits of a YAML mapping that leave everything else as a person wrote it: comments, order, quotes, white space."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node

Scalar = str | int | float | bool | None
PLAIN = re.compile(r"[a-z][a-z0-9_./-]*(:[a-z0-9_./-]+)*")
NOT_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
Value = Scalar | Mapping[str, Scalar]


def edit(text: str, changes: Mapping[str, Value]) -> str:
    """Return `text`, a YAML mapping, with the values of the keys in `changes` replaced or, where missing, appended.

    A value that is a mapping on both sides is replaced key by key. Comments behind a replaced value stay;
    those inside a mapping that goes are lost with it. Raises ValueError when the text is written in a way
    that cannot be edited in place (an alias, or a mapping where a key has no plain text).
    """
    root = YAML(typ="safe", pure=True).compose(text) if text.strip() else None
    if root is not None and not isinstance(root, MappingNode):
        raise ValueError("it does not hold keys and values")
    entries = {key.value: (key, value) for key, value in root.value} if root is not None else {}
    cuts: list[tuple[int, int, str]] = []
    tail = ""
    newline = "\r\n" if "\r\n" in text else "\n"
    for name, value in changes.items():
        if name in entries:
            cuts += _replace(*entries[name], value)
        else:
            tail += f"{name}:{_write(value)}\n"
    for start, end, content in sorted(cuts, reverse=True):
        text = text[:start] + content.replace("\n", newline) + text[end:]
    if tail and text and not text.endswith("\n"):
        text += newline
    text += tail.replace("\n", newline)
    try:
        found = YAML(typ="safe", pure=True).load(text) or {}
    except YAMLError as error:
        raise ValueError("its white space is unusual") from error
    for name, value in changes.items():
        wanted = dict(value) if isinstance(value, Mapping) else value
        if name not in found or found[name] != wanted:
            raise ValueError(f"{name} is written in a way that cannot be edited")
    return text


def _replace(key: Node, old: Any, value: Value) -> list[tuple[int, int, str]]:
    if isinstance(old, MappingNode) and isinstance(value, Mapping):
        leaves = {leaf_key.value: (leaf_key, leaf) for leaf_key, leaf in old.value}
        if set(leaves) == set(value):
            return [cut for name, inner in value.items() for cut in _replace(*leaves[name], inner)]
    if old.start_mark.index < key.end_mark.index or getattr(old, "anchor", None):
        raise ValueError(f"{key.value} is an alias or has an anchor")
    if not isinstance(value, Mapping) and not isinstance(old, MappingNode) and old.value != "":
        return [(old.start_mark.index, old.end_mark.index, _scalar(value))]
    # From behind the colon: an empty value has no text of its own, and a block mapping starts on a later line.
    return [(key.end_mark.index, _end(key, old), ":" + _write(value))]


def _end(key: Node, old: Any) -> int:
    """Return where a value's own text ends: a block mapping's mark would take the comments after it along."""
    if isinstance(old, MappingNode) and not old.flow_style and old.value:
        return _end(*old.value[-1])
    start, end = int(old.start_mark.index), int(old.end_mark.index)
    # A value that is left empty is marked wherever the next key begins; it really is behind the colon.
    return end if end > start else int(key.end_mark.index) + 1


def _write(value: Value) -> str:
    if isinstance(value, Mapping):
        return "".join(f"\n  {name}: {_scalar(inner)}" for name, inner in value.items())
    return " " + _scalar(value)


def _scalar(value: Scalar) -> str:
    """Return a scalar as YAML, which includes JSON; words that every YAML reader takes as text need no quotes."""
    if isinstance(value, str) and PLAIN.fullmatch(value) and value not in NOT_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
