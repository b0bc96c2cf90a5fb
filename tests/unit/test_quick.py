from __future__ import annotations

import grimp
from quick import touched

IMPORTS = {
    "tests/unit/core/test_low.py": frozenset({"a.low"}),
    "tests/unit/loop/test_high.py": frozenset({"a.high"}),
    "tests/integration/loop/test_high.py": frozenset({"a.high"}),
    "tests/integration/core/test_low.py": frozenset({"a.low"}),
    "tests/unit/core/test_alone.py": frozenset({"a.alone"}),
}


def graph() -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for module in ("a", "a.low", "a.high", "a.alone"):
        made.add_module(module)
    made.add_import(importer="a.high", imported="a.low")
    return made


def test_a_module_is_tested_with_the_unit_tests_of_what_imports_it() -> None:
    assert touched(["src/a/low.py"], IMPORTS, graph()) == [
        "tests/integration/core/test_low.py",
        "tests/unit/core/test_low.py",
        "tests/unit/loop/test_high.py",
    ]


def test_a_changed_test_is_run_and_a_document_runs_none() -> None:
    changed = ["tests/unit/core/test_alone.py", "docs/gates.md"]
    assert touched(changed, IMPORTS, graph()) == ["tests/unit/core/test_alone.py"]
