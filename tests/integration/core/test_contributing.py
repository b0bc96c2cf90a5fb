"""What CONTRIBUTING.md shows is what the conformance suites ask."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
TOYS = REPOSITORY / "tests" / "toys"
MODULES = sorted((TOYS / "trunkline_toys").glob("[a-z]*.py"))
MOST = 40


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_it_shows_each_toy_in_under_forty_lines(module: Path) -> None:
    code = module.read_text(encoding="utf-8").split("\n\n", 1)[1]
    assert code in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len([line for line in code.splitlines() if line]) < MOST


def test_it_shows_every_entry_point_of_the_toys() -> None:
    shown = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tables = (TOYS / "pyproject.toml").read_text(encoding="utf-8").split("[project.entry-points")[1:]
    assert len(tables) == len(MODULES)
    assert all(f"[project.entry-points{table.rstrip()}" in shown for table in tables)
