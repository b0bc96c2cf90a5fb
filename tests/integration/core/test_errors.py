"""The table in docs/errors.md agrees with the classes."""

from __future__ import annotations

import inspect
from pathlib import Path

from trunkline.core import errors
from trunkline.core.errors import TrunklineError

DOCUMENT = Path(__file__).parents[3] / "docs" / "errors.md"


def test_the_table_names_every_class_with_its_code_and_who_must_act() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith("|") and "`" in line.split("|")[2]
    ]
    documented = {name.strip("`"): (int(code), actor) for code, name, actor, _ in rows}
    classes = {
        name: (found.exit_code, found.actor)
        for name, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, TrunklineError)
    }
    assert documented == classes
    assert all(when for *_, when in rows)
    codes = [int(row[0]) for row in rows]
    assert codes == sorted(codes)
