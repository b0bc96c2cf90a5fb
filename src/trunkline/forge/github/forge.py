"""GitHub as a forge: the protocol, put together from its parts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from trunkline.core.git import commit_in, try_git
from trunkline.core.git_auth import server, token
from trunkline.core.project import Project
from trunkline.forge.kind import api_of, repository_of
from trunkline.forge.protocol import Issue, PullRequest, Workflow
from trunkline.forge.pushing import push_branch, reach, ref

from .client import Client
from .issues import Issues
from .pulls import Pulls
from .threads import Threads
from .views import PullView
from .workflows import Workflows


class GitHubForge:
    """The repository that `client` talks to; `root` is a work tree of it, whose remote `origin` is pushed to.

    Several processes and machines may work with it at once: what is created is looked for again, and the lowest number
    stays.
    """

    def __init__(self, client: Client, root: Path, *, main: str = "main", remote: str = "origin") -> None:
        self.main = main
        self._root = root
        self._remote = remote
        threads = Threads(client)
        self._threads = threads
        self._pulls = Pulls(client, threads, main)
        self._issues = Issues(client, threads)
        self._workflows = Workflows(client, self._pulls, main)

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

    def push(self, work_tree: Path, branch: str) -> str:
        """Push a branch and return its commit; git is let in by the token of the environment, or its own keys."""
        return push_branch(
            work_tree,
            branch,
            main=self.main,
            remote=self._remote,
            tip=lambda name: commit_in(reach(work_tree, "ls-remote", self._remote, ref(name)), ref(name)),
        )

    def propose(self, *, branch: str, title: str, body: str, labels: tuple[str, ...] = ()) -> PullRequest:
        """Return the open pull request of a branch; one that was open already gets this title, body and labels."""
        return self._pulls.propose(branch, title, body, labels)

    def merge(self, number: int) -> PullRequest:
        """Merge with a merge commit, if the head is still the one that was looked at."""
        return self._pulls.merge(number, self._conflicts)

    def close_pull_request(self, number: int, *, comment: str = "") -> PullRequest:
        """Close without merging; one that is closed already is returned as it is."""
        return self._pulls.close(number, comment)

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request."""
        return self._pulls.read(number)

    def pull_requests(self, *, state: str = "", label: str = "") -> tuple[PullRequest, ...]:
        """Return pull requests by number, without their comments; empty `state` or `label` means any."""
        return self._pulls.all(state, label)

    def proposed(self, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch without its comments, None when there is none."""
        view = self._pulls.find(branch)
        return self._pulls.record(view) if view else None

    def comment_pull_request(self, number: int, body: str, *, marker: str = "") -> PullRequest:
        """Add a comment; with a marker, replace the comment that has it."""
        self._pulls.view(number)
        self._threads.add(number, body, marker=marker)
        return self._pulls.read(number)

    def open_issue(self, *, fingerprint: str, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        """Return the issue with this fingerprint: opened, or reopened with a comment, or the open one as it is."""
        return self._issues.open(fingerprint, title, body, labels)

    def issue(self, number: int) -> Issue:
        """Return one issue."""
        return self._issues.read(number)

    def issues(self, *, state: str = "", fingerprint: str = "") -> tuple[Issue, ...]:
        """Return issues that bear the forge's label by number, without their comments."""
        return self._issues.all(state, fingerprint)

    def comment_issue(self, number: int, body: str, *, marker: str = "") -> Issue:
        """Add a comment; with a marker, replace the comment that has it."""
        return self._issues.comment(number, body, marker)

    def label_issue(self, number: int, labels: tuple[str, ...]) -> Issue:
        """Give an issue exactly these labels, and the forge's own."""
        return self._issues.label(number, labels)

    def close_issue(self, number: int, *, comment: str = "") -> Issue:
        """Close an issue; one that is closed already is returned as it is."""
        return self._issues.close(number, comment)

    def start(self, workflow: str, *, branch: str, inputs: Mapping[str, str] | None = None) -> bool:
        """Start a workflow file on a branch."""
        self._workflows.start(workflow, branch, inputs or {})
        return True

    def set_status(self, commit: str, *, name: str, passed: bool, description: str, run: str = "") -> bool:
        """Say on a commit whether a check passed."""
        self._workflows.set_status(commit, name, passed=passed, description=description, run=run)
        return True

    def workflows(self) -> tuple[Workflow, ...]:
        """Return the workflows by file name, each with its newest run: one request for each."""
        return self._workflows.all()

    def enable(self, workflow: str) -> None:
        """Let a workflow run again that was switched off."""
        self._workflows.enable(workflow)

    def tested_bundle(self, commit: str, training_key: str, folder: Path, *, fork: bool = False) -> bool:
        """Unpack the bundle that was tested in the pull request that brought `commit` into main, if there is one."""
        return self._workflows.tested_bundle(commit, training_key, folder, fork=fork)

    def _conflicts(self, view: PullView) -> list[str]:
        """Return the files in which a pull request conflicts, as far as git can tell here: GitHub does not say."""
        names = (ref(view.base.ref), f"refs/pull/{view.number}/head")
        for name in (names, (names[0], ref(view.head.ref))):
            if not try_git(self._root, "fetch", "--quiet", "--no-tags", self._remote, *name).returncode:
                break
        sides = (view.base.sha, view.head.sha)
        listed = try_git(self._root, "ls-remote", self._remote, names[0]).stdout
        base = commit_in(listed, names[0]) or sides[0]
        done = try_git(
            self._root, "merge-tree", "--write-tree", "--name-only", "--no-messages", base, sides[1]
        )
        return sorted(done.stdout.splitlines()[1:]) if done.returncode == 1 else []
