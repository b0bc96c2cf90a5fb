"""Where pull requests and issues live: the protocol, GitHub, and the local forge that behaves as GitHub does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import try_git
from trunkline.core.plugins import OURS, plugin
from trunkline.core.project import Project

from .keeping import Kept, Trouble, keep_issue
from .kind import forge_kind
from .local import LocalForge
from .protocol import OWN_LABEL, Comment, Environment, Forge, Issue, PullRequest, Workflow

__all__ = [
    "OWN_LABEL",
    "Comment",
    "Environment",
    "Forge",
    "Issue",
    "Kept",
    "LocalForge",
    "PullRequest",
    "Trouble",
    "Workflow",
    "keep_issue",
    "kind_of",
    "open_forge",
]


def kind_of(project: Project) -> tuple[str, str]:
    """Return which kind of forge policy, environment and the remote `origin` name, and that remote's address."""
    origin = try_git(project.root, "config", "remote.origin.url").stdout.strip()
    home = LocalForge.open(project, origin).origin
    own = bool(origin) and "://" not in origin and (project.root / Path(origin)).resolve() == home
    return forge_kind(project.policy.forge, origin, os.environ, own=own), origin


def open_forge(project: Project, *, table: Mapping[str, Mapping[str, str]] = OURS) -> Forge:
    """Return the forge that policy, environment and the remote `origin` name; `table` lists the kinds.

    Raises ForgeError when its client is not installed, or the repository not known.
    """
    name, origin = kind_of(project)
    try:
        kind = plugin("forges", name, table=table)  # a client takes a second to load
    except ModuleNotFoundError as error:
        raise ForgeError(
            f"The client for the forge {name} is not installed: {error}.",
            next_step=f"pip install 'trunkline[{name}]'",
        ) from error
    forge: Forge = kind.open(project, origin)
    return forge
