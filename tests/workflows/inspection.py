"""All checkers over any number of repositories, each started once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from . import checks
from .finding import Finding
from .repository import Repository
from .tools import actionlint, languageservice, shellcheck, zizmor


def _own(repositories: Sequence[Repository]) -> Iterator[Finding]:
    for repository in repositories:
        yield from checks.run(repository)


CHECKERS: dict[str, Callable[[Sequence[Repository]], Iterator[Finding]]] = {
    "languageservice": languageservice.run,
    "zizmor": zizmor.run,
    "actionlint": actionlint.run,
    "shellcheck": shellcheck.run,
    "own": _own,
}
"""In the order in which a fault is put down to them."""


def inspect(repositories: Sequence[Repository], checker: str) -> list[Finding]:
    """Return what one checker has against some repositories, in order.

    Raises:
        ToolMissing: It cannot run here.
    """
    return sorted(set(CHECKERS[checker](repositories)))
