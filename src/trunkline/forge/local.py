"""The local forge: a bare git repository and a folder of pull requests and issues that a person can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project

from .commenting import Commented, with_comment
from .origin import Origin
from .page import issue_page, pull_request_page
from .protocol import MOVED, OWN_LABEL, Forge, Issue, PullRequest
from .pushing import ref
from .shelf import Shelf


def _now() -> datetime:
    return datetime.now(UTC)


class LocalForge(Forge):
    """A forge in `folder`: `origin.git`, `pulls/0001.json` with `.md` beside it, and `issues/` likewise.

    Several processes may work with it at once: what changes it holds one lock, and files are written whole.
    """

    def __init__(self, folder: Path, *, main: str = "main", clock: Callable[[], datetime] = _now) -> None:
        self.folder = folder
        self.main = main
        self._clock = clock
        self.origin = folder.resolve() / "origin.git"
        self._origin = Origin(self.origin, main)
        self._shelf = Shelf(folder)

    @classmethod
    def open(cls, project: Project, origin: str) -> LocalForge:  # noqa: ARG003
        """Return the forge in the folder that the policy names, whatever the remote `origin` is."""
        return cls(project.forge_folder, main=project.policy.forge.main)

    @classmethod
    def create(
        cls,
        folder: Path,
        project_root: Path,
        *,
        main: str = "main",
        clock: Callable[[], datetime] = _now,
    ) -> LocalForge:
        """Return the forge of a project, made if it is not there: `main` is pushed and becomes its remote `origin`.

        Raises ForgeError when the project has no commit on `main`, or a remote `origin` of its own.
        """
        forge = cls(folder, main=main, clock=clock)
        with forge._shelf.lock():
            forge._origin.create(project_root)
        return forge

    def push(self, work_tree: Path, branch: str) -> str:
        """Push a branch and return its commit; the page of its open pull request follows."""
        with self._changing():
            commit = self._origin.receive(work_tree, branch)
            for pull in self._shelf.pull_requests():
                if pull.branch == branch and pull.state == "open":
                    self._keep(pull)
        return commit

    def propose(self, *, branch: str, title: str, body: str, labels: tuple[str, ...] = ()) -> PullRequest:
        """Return the open pull request of a branch; one that was open already gets this title, body and labels."""
        base = self.main
        with self._changing():
            head, _ = self._origin.require(branch), self._origin.require(base)
            for pull in self._shelf.pull_requests():
                if (pull.branch, pull.base, pull.state) == (branch, base, "open"):
                    news = {"title": title, "body": body, "labels": _union(pull.labels, labels)}
                    return self._keep(pull.model_copy(update=news))
            if not self._origin.ahead(ref(base), head):
                raise ForgeError(
                    f"There are no commits between {base} and {branch}.",
                    next_step=f"commit on {branch} and push it, then propose again",
                )
            return self._keep(
                PullRequest(
                    number=self._shelf.next_number(),
                    title=title,
                    body=body,
                    branch=branch,
                    base=base,
                    state="open",
                    labels=_union((), labels),
                    created=self._clock(),
                )
            )

    def merge(self, number: int) -> PullRequest:
        """Merge with a merge commit; a merge that was killed halfway is completed."""
        with self._changing():
            return self._merge(self._shelf.pull_request(number))

    def merge_when_ready(self, number: int, *, head: str) -> str:
        """Merge: there are no rules here but git's own."""
        with self._changing():
            pull = self._shelf.pull_request(number)
            if pull.state == "open" and self._origin.tip(pull.branch) != head:
                return f"its branch has {MOVED}"
            self._merge(pull)
        return ""

    def _merge(self, pull: PullRequest) -> PullRequest:
        if pull.state == "merged":
            return pull
        if pull.state == "closed":
            raise ForgeError(
                f"The pull request #{pull.number} is closed.", next_step="propose the branch again"
            )
        head = self._origin.require(pull.branch)
        subject = f"Merge pull request #{pull.number}: {' '.join(pull.title.split())}"
        if self._origin.ahead(ref(pull.base), head):
            merge = self._origin.merge(pull.base, head, subject, f"Branch: {pull.branch}")
        elif not (merge := self._origin.merge_commit(pull.base, head, subject)):
            raise ForgeError(
                f"Nothing to merge: all commits of {pull.branch} are in {pull.base} already.",
                next_step=f"close pull request #{pull.number}",
            )
        return self._keep(
            pull.model_copy(update={"state": "merged", "merge": merge, "closed": self._clock()})
        )

    def close_pull_request(self, number: int, *, comment: str = "") -> PullRequest:
        """Close without merging; one that is closed already is returned as it is.

        Raises ForgeError when it was merged.
        """
        with self._changing():
            pull = self._shelf.pull_request(number)
            if pull.state == "closed":
                return pull
            if pull.state == "merged":
                raise ForgeError(
                    f"The pull request #{number} is merged.", next_step=f"git revert -m 1 {pull.merge[:12]}"
                )
            pull = with_comment(pull, comment, self._clock())
            return self._keep(pull.model_copy(update={"state": "closed", "closed": self._clock()}))

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request."""
        self._require()
        return self._shelf.pull_request(number)

    def pull_requests(self, *, state: str = "", label: str = "") -> tuple[PullRequest, ...]:
        """Return pull requests by number; empty `state` or `label` means any."""
        self._require()
        return tuple(
            pull
            for pull in self._shelf.pull_requests()
            if state in ("", pull.state) and (not label or label in pull.labels)
        )

    def proposed(self, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch, None when there is none."""
        found = [pull for pull in self.pull_requests(state="open") if pull.branch == branch]
        return found[0] if found else None

    def comment_pull_request(self, number: int, body: str, *, marker: str = "") -> PullRequest:
        """Add a comment; with a marker, replace the comment that has it."""
        with self._changing():
            return self._keep(with_comment(self._shelf.pull_request(number), body, self._clock(), marker))

    def open_issue(self, *, fingerprint: str, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        """Return the issue with this fingerprint: opened, or reopened with a comment, or the open one as it is.

        A reopened issue gets these labels. Without a fingerprint each call opens a new one.
        """
        with self._changing():
            for issue in self._shelf.issues() if fingerprint else ():
                if issue.fingerprint != fingerprint:
                    continue
                if issue.state == "open":
                    return issue
                again = {"state": "open", "closed": None, "labels": _union(labels, (OWN_LABEL,))}
                issue = with_comment(issue, f"Reopened: {title}\n\n{body}", self._clock())
                return self._keep(issue.model_copy(update=again))
            return self._keep(
                Issue(
                    number=self._shelf.next_number(),
                    title=title,
                    body=body,
                    state="open",
                    fingerprint=fingerprint,
                    labels=_union(labels, (OWN_LABEL,)),
                    created=self._clock(),
                )
            )

    def issue(self, number: int) -> Issue:
        """Return one issue."""
        self._require()
        return self._shelf.issue(number)

    def issues(self, *, state: str = "", fingerprint: str = "") -> tuple[Issue, ...]:
        """Return issues by number; empty `state` or `fingerprint` means any."""
        self._require()
        return tuple(
            issue
            for issue in self._shelf.issues()
            if state in ("", issue.state) and fingerprint in ("", issue.fingerprint)
        )

    def comment_issue(self, number: int, body: str, *, marker: str = "") -> Issue:
        """Add a comment; with a marker, replace the comment that has it."""
        with self._changing():
            return self._keep(with_comment(self._shelf.issue(number), body, self._clock(), marker))

    def label_issue(self, number: int, labels: tuple[str, ...]) -> Issue:
        """Give an issue exactly these labels, and the forge's own."""
        with self._changing():
            issue = self._shelf.issue(number)
            return self._keep(issue.model_copy(update={"labels": _union(labels, (OWN_LABEL,))}))

    def close_issue(self, number: int, *, comment: str = "") -> Issue:
        """Close an issue; one that is closed already is returned as it is."""
        with self._changing():
            issue = self._shelf.issue(number)
            if issue.state == "closed":
                return issue
            issue = with_comment(issue, comment, self._clock())
            return self._keep(issue.model_copy(update={"state": "closed", "closed": self._clock()}))

    def pin_issue(self, number: int, *, pinned: bool = True) -> None:
        """Keep an issue above all others, or no longer."""
        with self._changing():
            self._keep(self._shelf.issue(number).model_copy(update={"pinned": pinned}))

    def _require(self) -> None:
        if not self._origin.exists:
            raise ForgeError(f"There is no local forge in {self.folder}.", next_step="trunkline forge")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._require()
        with self._shelf.lock():
            yield

    def _keep(self, record: Commented) -> Commented:
        self._shelf.put(record, self._page(record))
        return record

    def _page(self, record: PullRequest | Issue) -> str:
        if isinstance(record, Issue):
            return issue_page(record)
        if record.merge:
            return pull_request_page(record, self._origin.changes(f"{record.merge}^1", f"{record.merge}^2"))
        return pull_request_page(record, self._origin.changes(ref(record.base), ref(record.branch)))


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
