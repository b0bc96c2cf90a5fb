"""What the workflows of a repository are judged against: its files as far as workflows name them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from .workflow import Workflow


@dataclass(frozen=True)
class Repository:
    """A repository's workflows, and what they refer to."""

    folder: Path
    workflows: tuple[Workflow, ...]
    makefile: str
    readme: str
    environments: frozenset[str]

    @property
    def targets(self) -> frozenset[str]:
        """The targets that its Makefile names in plain words (a rendered Makefile and its template have the same)."""
        heads = re.findall(r"^([a-z][\w .-]*?)\s*:(?![=:])", self.makefile, re.MULTILINE)
        return frozenset(word for head in heads for word in head.split())

    def only(self, file: str) -> Repository:
        """Return it with no other workflow than one, for checkers that look at each by itself."""
        return replace(
            self, workflows=tuple(workflow for workflow in self.workflows if workflow.file == file)
        )


def read(folder: Path) -> Repository:
    """Read the repository in a folder.

    Raises:
        FileNotFoundError: It has no workflow: nothing would be judged.
    """
    files = sorted((folder / ".github" / "workflows").glob("*.y*ml"))
    if not files:
        raise FileNotFoundError(f"{folder}/.github/workflows holds no workflow")
    return Repository(
        folder=folder,
        workflows=tuple(
            Workflow(file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8")) for file in files
        ),
        makefile=_text(folder / "Makefile"),
        readme="\n".join(
            _text(file) for file in (folder / "README.md", *sorted((folder / "docs").glob("*.md")))
        ),
        environments=frozenset(file.stem for file in (folder / "deployments").glob("*.yaml")),
    )


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
