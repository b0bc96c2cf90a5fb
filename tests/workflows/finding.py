"""What a checker says about a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .workflow import Workflow


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that one checker has against one line of one repository."""

    folder: str
    file: str
    line: int
    checker: str
    rule: str
    message: str

    def __str__(self) -> str:
        """Return it as one line that an editor can jump to."""
        return f"{self.folder}/{self.file}:{self.line}: {self.checker} [{self.rule}] {self.message}"


Remarks = Iterator[tuple[Workflow, int, str]]
"""What a check of our own yields: the workflow, the line, and what is wrong there."""
