"""Where pull requests and issues live: the protocol, and the local forge that behaves as GitHub does."""

from __future__ import annotations

from trunkline.core.project import Project

from .local import LocalForge
from .protocol import Comment, Forge, Issue, PullRequest

__all__ = ["Comment", "Forge", "Issue", "LocalForge", "PullRequest", "open_forge"]


def open_forge(project: Project) -> Forge:
    """Return the forge that the project's policy names."""
    return LocalForge(project.forge_folder, main=project.policy.forge.main)
