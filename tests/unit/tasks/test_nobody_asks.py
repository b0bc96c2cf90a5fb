"""No other room asks what the task is, in whatever words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from trunkline.core.plugins import OURS

SOURCE = Path(__file__).parents[3] / "src" / "trunkline"
ROOMS = sorted(
    path for path in SOURCE.iterdir() if path.is_dir() and path.name not in ("tasks", "__pycache__")
)
A_RECORD_OF_ITSELF = SOURCE / "measure" / "paired.py"
"""It says which traits it has; all others ask for those."""
KINDS = ("Classification", "Regression", "Listed", "ClassificationJudging", "RegressionJudging")


def asked(tree: ast.AST) -> list[int]:
    """Return the lines that ask what the task is."""
    tested = {id(part) for node in ast.walk(tree) for test in _tests(node) for part in _operands(test)}
    return sorted(
        {
            node.lineno
            for node in ast.walk(tree)
            if hasattr(node, "lineno") and _asks(node, id(node) in tested)
        }
    )


def _asks(node: ast.AST, tested: bool) -> bool:
    match node:
        case ast.ImportFrom(module=str(module)):
            return module.startswith(tuple(f"trunkline.tasks.{name}" for name in OURS["tasks"]))
        case ast.Compare() | ast.MatchValue():
            return any(map(_names_a_task, ast.walk(node))) or (
                isinstance(node, ast.Compare) and any(map(_of_one_task, map(_counted, _sides(node))))
            )
        case ast.Subscript(slice=ast.Attribute(attr="task")):
            return True
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Attribute(attr="task"), *_]):
            return True
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
            return any(isinstance(part, ast.Name) and part.id in KINDS for part in ast.walk(kinds))
        case ast.Attribute(value=ast.Call(func=ast.Name(id="input_of"), args=[column])):
            return _is_outcome(column) and node.attr in ("quantity", "whole", "stored", "free", "classes")
        case ast.Attribute(attr="binary"):
            return True
        case _:
            return tested and _of_one_task(node)


def _tests(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what decides: of branches, loops, filters, `bool()`."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
            yield test
        case ast.comprehension(ifs=ifs):
            yield from ifs
        case ast.Call(func=ast.Name(id="bool"), args=[value]):
            yield value
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            yield node


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _operands(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _operands(operand)
        case _:
            yield test


def _sides(node: ast.Compare) -> list[ast.expr]:
    """Return what is compared with nothing, or with a number: else two things are only compared with each other."""
    sides = [node.left, *node.comparators]
    bare = [side for side in sides if isinstance(side, ast.Constant) or ast.unparse(side) in ("()", "object")]
    return [side for side in sides if side not in bare] if bare else []


def _counted(node: ast.expr) -> ast.expr:
    """Return what `len` counts; anything else is itself."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[value]):
            return value
        case _:
            return node


def _of_one_task(node: ast.AST) -> bool:
    """Whether only some tasks have it: classes, a positive one, categories of the outcome; or the form of answers."""
    match node:
        case ast.Attribute(attr="classes" | "positive"):
            return True
        case ast.Attribute(attr="categories", value=column):
            return _is_outcome(column)
        case ast.Attribute(attr="dtype", value=ast.Attribute(attr="labels" | "truth" | "predictions")):
            return True
        case _:
            return False


def _is_outcome(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "outcome") or (
        isinstance(node, ast.Name) and node.id == "outcome"
    )


def _names_a_task(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in OURS["tasks"]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_other_room_asks_what_the_task_is(room: Path) -> None:
    found = {
        f"{path.relative_to(room)}": asked(ast.parse(path.read_text(encoding="utf-8")))
        for path in room.rglob("*.py")
        if path != A_RECORD_OF_ITSELF
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "if contract.task == 'regression': pass",
        "task in ('classification', x)",
        "TABLE[contract.task]",
        "TABLE.get(contract.task, other)",
        "from trunkline.tasks.classification.pairing import positive_of",
        "isinstance(task, Classification | Regression)",
        "input_of(contract.outcome).quantity",
        "input_of(outcome).stored == 'bool'",
        "x = 1 if paired.classes else 2",
        "if not paired.classes and x: pass",
        "bool(answers.classes)",
        "len(paired.classes) == 2",
        "len(input_of(outcome).classes()) != 2",
        "answers.classes == ()",
        "len(contract.outcome.categories) < 3",
        "[a for a in b if contract.outcome.categories]",
        "paired.positive is not None",
        "contract.positive or 'true'",
        "paired.binary",
        "answers.labels.dtype == object",
    ],
)
def test_a_disguised_question_is_seen(line: str) -> None:
    assert asked(ast.parse(line)) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "input_of(column).quantity",
        "if not input_of(column).classes(): pass",
        "if column.categories: pass",
        "one.classes != other.classes",
        "classes = list(answers.classes)",
        "paired.labels == paired.positive",
    ],
)
def test_what_any_task_may_be_asked_is_no_such_question(line: str) -> None:
    assert asked(ast.parse(line)) == []
