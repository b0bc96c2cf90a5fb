"""Where pull requests and issues live: the protocol, GitHub, and the local forge that behaves as GitHub does."""

from __future__ import annotations

import os
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import try_git
from trunkline.core.git_auth import server, token
from trunkline.core.project import Project

from .kind import api_of, forge_kind, repository_of
from .local import LocalForge
from .protocol import OWN_LABEL, Comment, Forge, Issue, PullRequest, Workflow

__all__ = [
    "OWN_LABEL",
    "Comment",
    "Forge",
    "Issue",
    "LocalForge",
    "PullRequest",
    "Workflow",
    "open_forge",
]


def open_forge(project: Project) -> Forge:
    """Return the forge that policy, environment and the remote `origin` name.

    Raises ForgeError when it is GitHub and its client is not installed, or the repository not known.
    """
    policy = project.policy.forge
    origin = try_git(project.root, "config", "remote.origin.url").stdout.strip()
    local = LocalForge(project.forge_folder, main=policy.main)
    own = bool(origin) and "://" not in origin and (project.root / Path(origin)).resolve() == local.origin
    if forge_kind(policy, origin, os.environ, own=own) == "local":
        return local
    try:
        from .github import GitHubForge  # its client takes a second to load
        from .github.client import Client
    except ModuleNotFoundError as error:
        raise ForgeError(
            f"The client for GitHub is not installed: {error}.", next_step="pip install 'trunkline[github]'"
        ) from error
    repository = repository_of(policy, origin, os.environ)
    client = Client(repository, api=api_of(policy, origin, os.environ), token=token())
    remote = "origin" if origin else f"{server()}/{repository}.git"  # none where the policy names GitHub
    return GitHubForge(client, project.root, main=policy.main, remote=remote)
