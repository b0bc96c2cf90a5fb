"""GitHub as a forge: the protocol, put together from its parts."""

from __future__ import annotations

import os

from trunkline.core.git_auth import server, token
from trunkline.core.project import Project
from trunkline.forge.kind import api_of, repository_of

from .client import Client
from .environments import Environments
from .issues import Issues
from .workflows import Workflows


class GitHubForge(Issues, Workflows, Environments):
    """Branches, pull requests, issues, workflows and environments of one repository.

    Several processes and machines may work with it at once: what is created is looked for again, and the lowest number
    stays.
    """

    @classmethod
    def open(cls, project: Project, origin: str) -> GitHubForge:
        """Return the forge of the repository that policy, environment or the remote `origin` name.

        Raises ForgeError when none of them does.
        """
        policy = project.policy.forge
        repository = repository_of(policy, origin, os.environ)
        client = Client(repository, api=api_of(policy, origin, os.environ), token=token())
        remote = "origin" if origin else f"{server()}/{repository}.git"  # none where the policy names GitHub
        return cls(client, project.root, main=policy.main, remote=remote)
