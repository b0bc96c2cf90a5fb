"""What a script asks make for is there."""

from __future__ import annotations

import re
import shlex

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of

WITH_VALUE = frozenset({"-C", "-f", "-j", "-I", "-o", "-W"})


def asked(script: str) -> list[str]:
    """Return the targets that a script asks make for, in order; make in another folder is not looked at."""
    found: list[str] = []
    for command in re.split(r"\n|&&|\|\||;|\|", script):
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            continue
        while words and re.fullmatch(r"\w+=.*", words[0]):
            words.pop(0)
        if not words or words[0] != "make" or "-C" in words:
            continue
        words = [word for place, word in enumerate(words[1:], 1) if words[place - 1] not in WITH_VALUE]
        found += [word for word in words if not word.startswith("-") and "=" not in word and "$" not in word]
    return found


def check(repository: Repository) -> Remarks:
    """Yield each target that the Makefile does not have."""
    for workflow in repository.workflows:
        for _, step in workflow.steps():
            for target in asked(step.run):
                if target not in repository.targets:
                    yield workflow, line_of(step.tree, "run"), f"the Makefile has no target {target}"
