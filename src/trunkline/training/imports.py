"""What the user's model is made of, read from its source: modules that it imports, variables of the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ProjectError

ROOTS = ("model", "features")
"""The modules that a model comes from: what data.py and contract.py say is in the snapshot."""
APART = ("data", "contract")


@dataclass(frozen=True)
class Imports:
    """What model.py and features.py lead to, by imports that can be read without running them."""

    variables: frozenset[str]
    """Variables of the environment that are read by a literal name."""
    unnamed: tuple[str, ...]
    """Files that read a variable by a name which their source does not say."""
    outside: Mapping[str, str]
    """Files under `src/` that are not the package's, by the file that imports each."""


def imports_of(source: Path, package: str) -> Imports:
    """Return what the package `package` in the folder `source` (`src/`) leads to.

    Raises ProjectError when a module is no Python.
    """
    variables: set[str] = set()
    unnamed: dict[str, None] = {}
    outside: dict[str, str] = {}
    waiting = [source / package / f"{name}.py" for name in ROOTS]
    seen = {source / package / f"{name}.py" for name in APART}
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        tree = _parsed(path)
        for variable in _variables(tree):
            if variable is None:
                unnamed.setdefault(_under(source, path))
            else:
                variables.add(variable)
        for name in _imported(tree, path, source):
            for file in _files_of(source, name):
                if file.is_relative_to(source / package):
                    waiting.append(file)
                else:
                    outside.setdefault(_under(source, file), _under(source, path))
    return Imports(frozenset(variables), tuple(unnamed), outside)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise ProjectError(f"{path} is no Python: {error}.", next_step=f"correct {path.name}") from error


def _imported(tree: ast.Module, path: Path, source: Path) -> Iterator[str]:
    """Yield the full names that a module imports; for `from a import b` both `a` and `a.b`."""
    folder = path.parent.relative_to(source).parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) - node.level + 1] if node.level else ()
            name = ".".join((*above, *(node.module.split(".") if node.module else ())))
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def _files_of(source: Path, name: str) -> Iterator[Path]:
    """Yield the files under `src/` that importing a name runs: packages on the way, then the module."""
    folder = source
    for part in name.split("."):
        if not part.isidentifier():
            return
        if (folder / f"{part}.py").is_file():
            yield folder / f"{part}.py"
        folder /= part
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"


def _variables(tree: ast.Module) -> Iterator[str | None]:
    """Yield the variables that a module reads; None for a name that its source does not say."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    whole, asking = _names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is(node.value, whole) and isinstance(node.ctx, ast.Load):
            name = node.slice
        elif isinstance(node, ast.Call) and node.args and _reads(node.func, whole, asking):
            name = node.args[0]
        elif isinstance(node, ast.Compare) and _is(node.comparators[0], whole):
            name = node.left
        else:
            continue
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value
        elif isinstance(name, ast.Name) and name.id in constants:
            yield constants[name.id]
        else:
            yield None


def _names_of(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that a module gives to `os.environ` and to `os.getenv`, their own included."""
    whole, asking = {"environ"}, {"getenv"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            whole |= {alias.asname or alias.name for alias in node.names if alias.name == "environ"}
            asking |= {alias.asname or alias.name for alias in node.names if alias.name == "getenv"}
        elif isinstance(node, ast.Assign):
            named = {target.id for target in node.targets if isinstance(target, ast.Name)}
            whole |= named if _is(node.value, {"environ"}) else set()
            asking |= named if _is(node.value, {"getenv"}) else set()
    return whole, asking


def _reads(function: ast.expr, whole: set[str], asking: set[str]) -> bool:
    if _is(function, asking):
        return True
    return (
        isinstance(function, ast.Attribute)
        and function.attr in ("get", "pop", "setdefault", "__getitem__")
        and _is(function.value, whole)
    )


def _is(node: ast.expr, names: set[str]) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr in names & {"environ", "getenv"}) or (
        isinstance(node, ast.Name) and node.id in names
    )


def _under(source: Path, path: Path) -> str:
    return f"src/{path.relative_to(source).as_posix()}"
