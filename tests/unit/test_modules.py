"""One concept a module: none is longer than a screen or four."""

from __future__ import annotations

from pathlib import Path

import trunkline

MOST_LINES = 260


def test_no_module_is_longer_than_one_concept_needs() -> None:
    (root,) = map(Path, trunkline.__path__)
    lines = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in root.rglob("*.py")
    }
    largest = sorted(lines.items(), key=lambda each: -each[1])[:5]
    assert largest[0][1] <= MOST_LINES, largest
