"""No other room asks what the task is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from trunkline.core.plugins import OURS

SOURCE = Path(__file__).parents[3] / "src" / "trunkline"
ROOMS = sorted(
    path for path in SOURCE.iterdir() if path.is_dir() and path.name not in ("tasks", "__pycache__")
)


def asked(tree: ast.AST) -> list[int]:
    """Return the lines that compare something with the name of a task, or match it."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.MatchValue)
        and any(isinstance(part, ast.Constant) and part.value in OURS["tasks"] for part in ast.walk(node))
    ]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_other_room_compares_a_task_s_name(room: Path) -> None:
    found = {path.name: asked(ast.parse(path.read_text(encoding="utf-8"))) for path in room.rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_comparison_with_a_task_s_name_is_seen() -> None:
    assert asked(ast.parse("if contract.task == 'regression': pass")) == [1]
    assert asked(ast.parse("task in ('classification', x)")) == [1]
