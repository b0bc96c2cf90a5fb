"""A forge that is the local one at another place: what a kind of forge needs is that it can be opened."""

from __future__ import annotations

from trunkline.core.project import Project
from trunkline.forge import LocalForge


class WrittenForge(LocalForge):
    """Pull requests and issues in a folder of the project."""

    @classmethod
    def open(cls, project: Project, origin: str) -> WrittenForge:  # noqa: ARG003
        return cls(project.root / "written", main=project.policy.forge.main)
