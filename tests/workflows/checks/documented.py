"""Whoever sets a repository up finds each variable and secret in its README."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository

SETTING = re.compile(r"\b(?:vars|secrets)\.(\w+)")


def check(repository: Repository) -> Remarks:
    """Yield each setting that the README does not name."""
    for workflow in repository.workflows:
        said = {"GITHUB_TOKEN"}
        for line, expression in workflow.expressions():
            for name in SETTING.findall(expression):
                if name not in said and not re.search(rf"\b{name}\b", repository.readme):
                    said.add(name)
                    yield workflow, line, f"README.md does not say what {name} is"
