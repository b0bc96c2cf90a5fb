"""GitHub's expression language, evaluated when only a part of what it asks about is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOKENS = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],])"
    r"|(?P<name>[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\*))*))"
)
STATUS = ("always", "cancelled", "failure")


class Unknown:
    """What nobody can tell before the workflow runs."""


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Node:
    """A part of an expression: an operator, a call, a literal or the name of a value."""

    kind: str
    value: Any
    parts: tuple[Node, ...] = ()


def strip(text: str) -> str:
    """Return an expression without the `${{ }}` around it."""
    found = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
    return found.group(1).strip() if found and "${{" not in found.group(1) else text.strip()


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ValueError: It is none, or uses what is not understood here.
    """
    text, place, tokens = strip(text), 0, []
    while place < len(text.rstrip()):
        found = TOKENS.match(text, place)
        if not found:
            raise ValueError(f"not understood from here: {text[place:]}")
        tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
        place = found.end()
    reader = _Reader(tokens)
    node = reader.either()
    if reader.tokens:
        raise ValueError(f"not understood from here: {reader.tokens[0][1]}")
    return node


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def next_is(self, *signs: str) -> bool:
        return bool(self.tokens) and self.tokens[0][0] == "sign" and self.tokens[0][1] in signs

    def take(self) -> tuple[str, str]:
        if not self.tokens:
            raise ValueError("it ends too early")
        return self.tokens.pop(0)

    def expect(self, sign: str) -> None:
        if self.take()[1] != sign:
            raise ValueError(f"{sign} is missing")

    def either(self) -> Node:
        node = self.both()
        while self.next_is("||"):
            self.take()
            node = Node("or", None, (node, self.both()))
        return node

    def both(self) -> Node:
        node = self.compared()
        while self.next_is("&&"):
            self.take()
            node = Node("and", None, (node, self.compared()))
        return node

    def compared(self) -> Node:
        node = self.single()
        while self.next_is("==", "!=", "<", ">", "<=", ">="):
            sign = self.take()[1]
            node = Node("compare", sign, (node, self.single()))
        return node

    def single(self) -> Node:
        if self.next_is("!"):
            self.take()
            return Node("not", None, (self.single(),))
        kind, text = self.take()
        if text == "(" and kind == "sign":
            node = self.either()
            self.expect(")")
            return node
        if kind == "string":
            return Node("literal", text[1:-1].replace("''", "'"))
        if kind == "number":
            return Node("literal", float(text))
        if kind != "name":
            raise ValueError(f"{text} has no place here")
        if self.next_is("("):
            return self.call(text)
        if text in ("true", "false", "null"):
            return Node("literal", {"true": True, "false": False, "null": None}[text])
        while self.next_is("["):
            self.take()
            index = self.either()
            self.expect("]")
            text += f".{index.value}" if index.kind == "literal" else ".?"
        return Node("name", text)

    def call(self, name: str) -> Node:
        self.take()
        parts: list[Node] = []
        while not self.next_is(")"):
            if parts:
                self.expect(",")
            parts.append(self.either())
        self.take()
        return Node("call", name, tuple(parts))


def names(node: Node) -> set[str]:
    """Return the names of the values that an expression asks for."""
    own = {node.value} if node.kind == "name" else set()
    return own.union(*(names(part) for part in node.parts))


def asks_status(node: Node) -> bool:
    """Whether an expression calls one of the functions that replace the unwritten `success()` by something else."""
    return (node.kind == "call" and node.value in STATUS) or any(asks_status(part) for part in node.parts)


def evaluate(node: Node, known: Mapping[str, Any]) -> Any:
    """Return an expression's value, or UNKNOWN where it depends on what is not in `known` (values and calls)."""
    if node.kind == "literal":
        return node.value
    if node.kind == "name":
        return known.get(node.value, UNKNOWN)
    parts = [evaluate(part, known) for part in node.parts]
    if node.kind == "call":
        return _called(node.value, parts, known)
    if node.kind == "not":
        return UNKNOWN if parts[0] is UNKNOWN else not parts[0]
    if node.kind == "compare":
        return _compared(node.value, *parts)
    one, other = parts
    deciding = node.kind == "or"
    if one is not UNKNOWN:
        return one if bool(one) is deciding else other
    if other is UNKNOWN or bool(other) is not deciding:
        return UNKNOWN
    # It decides whether the whole holds; what the whole is, it decides only as a boolean.
    return False if not deciding else other if isinstance(other, bool) else UNKNOWN


def _called(name: str, parts: list[Any], known: Mapping[str, Any]) -> Any:
    if any(part is UNKNOWN for part in parts):
        return UNKNOWN
    if name == "contains":
        held = [_folded(part) for part in parts[0]] if isinstance(parts[0], list) else _folded(parts[0])
        return _folded(parts[1]) in held
    if name == "startsWith":
        return str(_folded(parts[0])).startswith(str(_folded(parts[1])))
    return known.get(f"{name}()", UNKNOWN)


def _compared(sign: str, one: Any, other: Any) -> Any:
    if one is UNKNOWN or other is UNKNOWN or sign not in ("==", "!="):
        return UNKNOWN
    return (_folded(one) == _folded(other)) is (sign == "==")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
