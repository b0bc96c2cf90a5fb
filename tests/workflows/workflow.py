"""One workflow file: its text, its tree, and where in the text things stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Tree = dict[str, Any]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


@lru_cache(maxsize=64)
def _loaded(text: str) -> Tree:
    try:
        tree = YAML().load(text)
    except YAMLError:
        return {}
    return tree if isinstance(tree, dict) else {}


def line_of(tree: Any, key: Any) -> int:
    """Return the line, from 1, on which a key of a mapping or an entry of a list stands."""
    position = tree.lc
    return int((position.item(key) if isinstance(tree, list) else position.key(key))[0]) + 1


def listed(value: Any) -> list[Any]:
    """Return one thing, several or none as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Step:
    """One step of a job."""

    tree: Tree
    line: int

    @property
    def run(self) -> str:
        """The script that it runs, or nothing."""
        return str(self.tree.get("run") or "")

    @property
    def action(self) -> str:
        """The action that it uses, without its version, or nothing."""
        return str(self.tree.get("uses") or "").partition("@")[0]

    @property
    def settings(self) -> Tree:
        """What it gives to its action."""
        return self.tree.get("with") or {}

    @property
    def condition(self) -> str:
        """When it runs, or nothing."""
        return condition(self.tree)


@dataclass(frozen=True)
class Job:
    """One job of a workflow."""

    key: str
    tree: Tree
    line: int

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Its steps, in order."""
        steps = self.tree.get("steps") or []
        return tuple(
            Step(step, line_of(steps, place)) for place, step in enumerate(steps) if isinstance(step, dict)
        )

    @property
    def needs(self) -> list[str]:
        """The jobs that it waits for."""
        return listed(self.tree.get("needs"))

    @property
    def condition(self) -> str:
        """When it runs, or nothing."""
        return condition(self.tree)

    @property
    def granted(self) -> Tree:
        """The permissions that it asks for."""
        granted = self.tree.get("permissions")
        return granted if isinstance(granted, dict) else {}

    @property
    def environment(self) -> str:
        """The environment that it acts on, or nothing."""
        given = self.tree.get("environment")
        return str((given.get("name") if isinstance(given, dict) else given) or "")


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    file: str
    text: str

    @cached_property
    def tree(self) -> Tree:
        """Its content, or nothing where it is no YAML mapping (GitHub's language service says that better)."""
        return _loaded(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """Its text, line by line."""
        return self.text.splitlines()

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """Its jobs by their keys."""
        jobs = self.tree.get("jobs")
        if not isinstance(jobs, dict):
            return {}
        return {
            key: Job(key, tree, line_of(jobs, key)) for key, tree in jobs.items() if isinstance(tree, dict)
        }

    @cached_property
    def triggers(self) -> Tree:
        """What starts it, each with its filters."""
        on = self.tree.get("on")
        if isinstance(on, dict):
            return {key: value or {} for key, value in on.items()}
        return {key: {} for key in listed(on)}

    def line(self, key: str) -> int:
        """Return the line of a key of the top level, the first when there is none."""
        return line_of(self.tree, key) if key in self.tree else 1

    def reason(self, line: int) -> str:
        """Return the comment at the end of a line."""
        found = re.search(r"\s#\s*(\S.*)$", self.lines[line - 1])
        return found.group(1) if found else ""

    def steps(self) -> Iterator[tuple[Job, Step]]:
        """Yield each step with its job."""
        for job in self.jobs.values():
            for step in job.steps:
                yield job, step

    def expressions(self) -> Iterator[tuple[int, str]]:
        """Yield each `${{ }}` and each `if` with its line; comments are no expressions."""
        for number, line in enumerate(self.lines, 1):
            code = re.sub(r"(^|\s)#.*$", "", line)
            for found in EXPRESSION.finditer(code):
                yield number, found.group(1).strip()
        for job in self.jobs.values():
            for tree in (job.tree, *(step.tree for step in job.steps)):
                if tree.get("if") is not None and "${{" not in str(tree["if"]):
                    yield line_of(tree, "if"), str(tree["if"]).strip()


def condition(tree: Tree) -> str:
    """Return the `if` of a job or a step, or nothing."""
    given = tree.get("if")
    return "" if given is None else str(given).lower() if isinstance(given, bool) else str(given)
