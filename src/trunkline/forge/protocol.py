"""What every forge offers: branches, pull requests, issues, and workflows where it has them."""

# ruff: noqa: ARG002 - a forge without workflows needs no argument

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from trunkline.core.errors import ForgeError
from trunkline.core.record import Record

OWN_LABEL = "trunkline"
"""The label of every issue that is opened through a forge; on GitHub, only issues that bear it are seen."""

MOVED = "another commit than the one that was judged"
"""What is said of a branch that somebody pushed to."""


class Comment(Record):
    """A comment on a pull request or issue. `marker` names a sticky comment; empty for ordinary ones."""

    body: str
    time: datetime
    marker: str = ""


class Thread(Record):
    """What pull requests and issues share."""

    number: int
    title: str
    body: str
    labels: tuple[str, ...] = ()
    created: datetime
    closed: datetime | None = None
    comments: tuple[Comment, ...] = ()


class PullRequest(Thread):
    """A proposed change of the main branch. `branch` is its head; `merge` the commit that brought it in."""

    SCHEMA: ClassVar[str] = "trunkline/pull-request/1"

    branch: str
    base: str
    state: Literal["open", "merged", "closed"]
    merge: str = ""
    head: str = ""
    """The commit that the program proposed itself, or compared with what it would; empty where it only found it."""
    moved: str = ""
    """The commit that its branch has by now, where it merges itself although another one was judged."""


class Issue(Thread):
    """Something people should know; `fingerprint` names the trouble it follows, empty if a person opened it."""

    SCHEMA: ClassVar[str] = "trunkline/issue/1"

    state: Literal["open", "closed"]
    fingerprint: str = ""
    pinned: bool = False
    """Whether it stands above all others; GitHub's own list alone shows it, so there it is never told."""


class Workflow(Record):
    """A workflow of the forge: `file` is its name ("monitor.yml"), `newest` when its newest run was created.

    `state` is "active", or says why it does not run ("disabled_inactivity", "disabled_manually"); `conclusion` is that
    of the newest run, empty while it goes on and where there is none.
    """

    SCHEMA: ClassVar[str] = "trunkline/workflow/1"

    file: str
    state: str
    newest: datetime | None = None
    conclusion: str = ""
    succeeded: datetime | None = None
    """When the newest run that ended well was created."""


class Environment(Record):
    """An environment of the forge, which holds secrets: whose jobs get them."""

    SCHEMA: ClassVar[str] = "trunkline/environment/1"

    name: str
    reviewers: int = 0
    """How many people or teams are asked; 0 where a job waits for nobody."""
    self_review: bool = True
    """Whether whoever started a run may approve it."""
    refs: tuple[str, ...] | None = None
    """Patterns of the branches whose jobs get in, those of tags as "tag: pattern"; None where any job does."""


class Forge(Protocol):
    """Where pull requests and issues live. Every method is idempotent where its arguments name the same thing.

    All methods raise ForgeError when the forge refuses, and UnavailableError when it does not answer. What is about
    workflows answers for a forge that has none.
    """

    def push(self, work_tree: Path, branch: str) -> str:
        """Push the branch of a work tree to the forge and return its commit.

        The main branch only moves forward. Another one that was started afresh replaces its old self, unless that
        would lose commits that somebody else made.
        """
        ...

    def propose(self, *, branch: str, title: str, body: str, labels: tuple[str, ...] = ()) -> PullRequest:
        """Return the open pull request of `branch` into main, opened now if there is none, with this title and body."""
        ...

    def merge(self, number: int) -> PullRequest:
        """Merge with a merge commit and return the pull request; one that is merged already is returned as it is."""
        ...

    def merge_when_ready(self, number: int, *, head: str) -> str:
        """Have a pull request merged, with a merge commit, once all is there that the forge's own rules ask for.

        `head` is the commit that was judged: where its branch has another one, it is left alone. Return in words why it
        will not be merged, and what to switch on; empty where it will be, or is.
        """
        ...

    def hold(self, number: int) -> None:
        """Have a pull request not merge itself any more; a person still may."""
        return

    def close_pull_request(self, number: int, *, comment: str = "") -> PullRequest:
        """Close without merging."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request."""
        ...

    def pull_requests(self, *, state: str = "", label: str = "") -> tuple[PullRequest, ...]:
        """Return pull requests by number; empty `state` or `label` means any.

        A list need not carry comments: ask for the single one to read them. A branch of somebody's fork is named
        "owner:branch", so that it is never taken for one of the repository itself.
        """
        ...

    def proposed(self, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch, None when there is none; it need not carry comments."""
        ...

    def comment_pull_request(self, number: int, body: str, *, marker: str = "") -> PullRequest:
        """Add a comment; with a marker, replace the comment that has it."""
        ...

    def open_issue(self, *, fingerprint: str, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        """Return the issue with this fingerprint: opened, or reopened if it was closed, or the open one as it is."""
        ...

    def issue(self, number: int) -> Issue:
        """Return one issue."""
        ...

    def issues(self, *, state: str = "", fingerprint: str = "") -> tuple[Issue, ...]:
        """Return issues by number; empty `state` or `fingerprint` means any.

        A list need not carry comments: ask for the single one to read them.
        """
        ...

    def comment_issue(self, number: int, body: str, *, marker: str = "") -> Issue:
        """Add a comment; with a marker, replace the comment that has it."""
        ...

    def label_issue(self, number: int, labels: tuple[str, ...]) -> Issue:
        """Give an issue exactly these labels, and the forge's own."""
        ...

    def close_issue(self, number: int, *, comment: str = "") -> Issue:
        """Close an issue; one that is closed already is returned as it is."""
        ...

    def pin_issue(self, number: int, *, pinned: bool = True) -> None:
        """Keep an issue above all others, or no longer."""
        ...

    def start(self, workflow: str, *, branch: str, inputs: Mapping[str, str] | None = None) -> bool:
        """Start a workflow file ("ci.yml") on a branch; False where the forge has no workflows.

        The caller does the work itself then.
        """
        return False

    def set_status(self, commit: str, *, name: str, passed: bool, description: str, run: str = "") -> bool:
        """Say on a commit whether a check passed, with the address of its run; False where nothing asks for checks.

        The newest status of a name counts.
        """
        return False

    def workflows(self) -> tuple[Workflow, ...]:
        """Return the workflows by file name; none where the forge has none."""
        return ()

    def environments(self) -> tuple[Environment, ...] | None:
        """Return the environments by name; None where the forge has no such thing."""
        return None

    def enable(self, workflow: str) -> None:
        """Let a workflow run again that was switched off."""
        raise ForgeError(
            "This forge has no workflows.",
            value=workflow,
            next_step="run the verb that it calls yourself",
        )

    def tested_bundle(self, commit: str, training_key: str, folder: Path, *, fork: bool = False) -> bool:
        """Unpack into `folder` the bundle that was tested in the pull request that brought `commit` into main.

        False where there is none: another key, a pull request from a fork, tests that failed, an artifact that expired.
        Whoever takes it verifies its digests, as of any bundle. With `fork` it is the other way round: what a
        fork's run kept, which nobody may serve, and which is good to compare with.
        """
        return False
