"""What a change touches: the tests of changed modules, and the unit tests of whatever imports these."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).parents[1]
OFTEN = "tests/unit"
"""Where tests are quick enough to be run for a module that only imports a changed one."""


def touched(
    changed: Iterable[str], imports: Mapping[str, frozenset[str]], graph: grimp.ImportGraph
) -> list[str]:
    """Return the test files to run for changed files; both by their path in the repository.

    `imports` says which modules of ours each test file imports.
    """
    names = set(changed)
    modules = {module_of(name) for name in names} & graph.modules
    above = {module for each in modules for module in graph.find_downstream_modules(each)} | modules
    return sorted(
        test
        for test, used in imports.items()
        if test in names or used & modules or (test.startswith(OFTEN) and used & above)
    )


def module_of(name: str) -> str:
    """Return the module that a file under `src/` is."""
    return name.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_by(test: Path, modules: frozenset[str] | set[str]) -> frozenset[str]:
    """Return which of `modules` a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found & modules)


def changed_files() -> list[str]:
    """Return what differs from the commit where this branch left main, and what git does not know yet."""
    base = _git("merge-base", "HEAD", "origin/main") or _git("merge-base", "HEAD", "main") or "HEAD"
    lines = _git("diff", "--name-only", base).splitlines()
    return [*lines, *_git("ls-files", "--others", "--exclude-standard").splitlines()]


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main() -> int:
    """Run them."""
    graph = grimp.build_graph("trunkline")
    files = [*REPOSITORY.glob("tests/unit/**/test_*.py"), *REPOSITORY.glob("tests/integration/**/test_*.py")]
    imports = {str(file.relative_to(REPOSITORY)): imported_by(file, graph.modules) for file in files}
    tests = touched(changed_files(), imports, graph)
    if not tests:
        print("No test imports what changed. `make test` runs everything.")  # noqa: T201
        return 0
    print(f"{len(tests)} of {len(files)} test files; `make test` runs everything.", flush=True)  # noqa: T201
    return int(pytest.main(["-n", "auto", "--dist", "loadfile", *tests]))


if __name__ == "__main__":
    sys.exit(main())
