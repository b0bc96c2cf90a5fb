"""Pull requests on GitHub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trunkline.core.errors import ForgeError
from trunkline.core.git import commit_in, try_git
from trunkline.forge.conflict import conflict
from trunkline.forge.protocol import PullRequest
from trunkline.forge.pushing import push_branch, reach, ref

from .auto_merge import disable, enable, moved
from .client import Client
from .markers import marked
from .refusals import Declined
from .threads import Threads
from .views import MergeView, PullView

LONGEST_TITLE = 256
_TRIES = 3


class Pulls(Threads):
    """Pull requests into `main` of the repository that `client` talks to.

    `root` is a work tree of it, whose `remote` is pushed to.
    """

    def __init__(self, client: Client, root: Path, *, main: str = "main", remote: str = "origin") -> None:
        super().__init__(client)
        self.main = main
        self._root = root
        self._remote = remote

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
        title, body = " ".join(title.split())[:LONGEST_TITLE], marked(body, "comment", "")
        view = self._find(branch) or self._open(branch, title, body)
        if (view.title, view.body or "") != (title, body):
            view = self._change_pull(view.number, title=title, body=body)
        present = {label.name.lower() for label in view.labels}
        if missing := [name for name in self._require_labels(labels) if name.lower() not in present]:
            add = self._rest.issues.add_labels
            self._client.ask(f"the labels of #{view.number}", add, view.number, labels=missing)
        return self.pull_request(view.number)

    def proposed(self, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch without its comments, None when there is none."""
        view = self._find(branch)
        return self._pull(view) if view else None

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request with its comments."""
        return self._pull(self._pull_view(number), comments=True)

    def pull_requests(self, *, state: str = "", label: str = "") -> tuple[PullRequest, ...]:
        """Return pull requests by number, without their comments; empty `state` or `label` means any."""
        asked = state if state in ("", "open") else "closed"
        rows = self._client.rows(
            "the pull requests",
            self._rest.pulls.list,
            state=asked or "all",
            sort="created",
            direction="asc",
        )
        found = (self._pull(PullView.model_validate(row)) for row in rows)
        return tuple(
            pull for pull in found if state in ("", pull.state) and (not label or label in pull.labels)
        )

    def comment_pull_request(self, number: int, body: str, *, marker: str = "") -> PullRequest:
        """Add a comment; with a marker, replace the comment that has it."""
        self._pull_view(number)
        self._add(number, body, marker=marker)
        return self.pull_request(number)

    def close_pull_request(self, number: int, *, comment: str = "") -> PullRequest:
        """Close without merging; one that is closed already is returned as it is."""
        view = self._pull_view(number)
        if view.merged_at:
            raise ForgeError(
                f"The pull request #{number} is merged.",
                next_step=f"git revert -m 1 {(view.merge_commit_sha or '')[:12]}",
            )
        if view.state == "open":
            self._add_once(number, comment)
            self._change_pull(number, state="closed")
        return self.pull_request(number)

    def merge(self, number: int) -> PullRequest:
        """Merge with a merge commit, if the head is still the one that was looked at."""
        for again in range(_TRIES):
            view = self._pull_view(number)
            if view.merged_at:
                break
            if view.state != "open":
                raise ForgeError(
                    f"The pull request #{number} is closed.", next_step="propose the branch again"
                )
            try:
                return self._merge(view)
            except Declined as refused:
                if refused.says("base branch was modified") and again + 1 < _TRIES:
                    continue
                raise self._unmergeable(view, refused) from None
        return self.pull_request(number)

    def merge_when_ready(self, number: int, *, head: str) -> str:
        """Have GitHub merge it once the ruleset is content; return why it will not, empty where it does."""
        view = self._pull_view(number)
        return "" if view.merged_at else enable(self._client, view, head=head, **_commit(view))

    def hold(self, number: int) -> None:
        """Have GitHub not merge it by itself any more."""
        view = self._pull_view(number)
        if view.state == "open" and view.auto_merge:
            disable(self._client, view)

    def _foreign(self, view: PullView) -> bool:
        """Whether the branch lies in somebody's fork."""
        place = view.head.repo
        return place is None or place.full_name.lower() != self._client.repository.lower()

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

    def _pull(self, view: PullView, *, comments: bool = False) -> PullRequest:
        merged = view.merged_at is not None
        return PullRequest(
            number=view.number,
            title=view.title,
            body=(view.body or "").replace("\r\n", "\n"),
            branch=view.head.label if self._foreign(view) else view.head.ref,
            base=view.base.ref,
            state="merged" if merged else "open" if view.state == "open" else "closed",
            labels=tuple(label.name for label in view.labels),
            created=view.created_at,
            closed=view.merged_at or view.closed_at,
            merge=(view.merge_commit_sha or "") if merged else "",
            moved=moved(view) if view.state == "open" else "",
            comments=self._comments(view.number) if comments and view.comments else (),
        )

    def _pull_view(self, number: int) -> PullView:
        answer = self._client.ask(f"pull request #{number}", self._rest.pulls.get, number)
        return PullView.model_validate(answer)

    def _find(self, branch: str) -> PullView | None:
        """Return the open pull request of a branch of this repository, None when there is none."""
        head = f"{self._client.owner}:{branch}"
        rows = self._client.ask(
            f"the pull request of {branch}", self._rest.pulls.list, state="open", head=head, base=self.main
        )
        views = [PullView.model_validate(row) for row in rows]
        own = [view for view in views if view.head.ref == branch and not self._foreign(view)]
        return min(own, key=lambda view: view.number, default=None)

    def _merge(self, view: PullView) -> PullRequest:
        answer = self._client.ask(
            f"the merge of #{view.number}",
            self._rest.pulls.merge,
            view.number,
            commit_title=_commit(view)["subject"],
            commit_message=_commit(view)["body"],
            sha=view.head.sha,
            merge_method="merge",
            carried_out=lambda: self._done(view.number),
        )
        merged = MergeView.model_validate(answer)
        return self.pull_request(view.number).model_copy(update={"merge": merged.sha})

    def _done(self, number: int) -> dict[str, Any] | None:
        view = self._pull_view(number)
        return {"sha": view.merge_commit_sha or "", "merged": True} if view.merged_at else None

    def _unmergeable(self, view: PullView, refused: Declined) -> ForgeError:
        if refused.status == 409:
            return ForgeError(
                f"The branch {view.head.ref} moved while it was merged.",
                next_step="look at what is new there, then merge again; nothing was changed",
            )
        if refused.status != 405 or not (view.mergeable is False or refused.says("not mergeable")):
            return refused
        return conflict(view.base.ref, self._conflicts(view))

    def _open(self, branch: str, title: str, body: str) -> PullView:
        def carried_out() -> dict[str, Any] | None:
            found = self._find(branch)
            return found.model_dump(mode="json") if found else None

        try:
            answer = self._client.ask(
                f"a pull request of {branch}",
                self._rest.pulls.create,
                title=title,
                head=branch,
                base=self.main,
                body=body,
                carried_out=carried_out,
            )
        except Declined as refused:
            if refused.status != 422:
                raise
            if refused.says("already exists") and (found := self._find(branch)):
                return found
            if refused.says("no commits between"):
                raise ForgeError(
                    f"There are no commits between {self.main} and {branch}.",
                    next_step=f"commit on {branch} and push it, then propose again",
                ) from None
            if refused.says("head invalid"):
                raise ForgeError(
                    f"The forge has no branch {branch}.", next_step=f"push it with `git push origin {branch}`"
                ) from None
            raise
        return PullView.model_validate(answer)

    def _change_pull(self, number: int, **values: Any) -> PullView:
        answer = self._client.ask(f"pull request #{number}", self._rest.pulls.update, number, **values)
        return PullView.model_validate(answer)


def _commit(view: PullView) -> dict[str, str]:
    """Return subject and body of the merge commit."""
    subject = f"Merge pull request #{view.number}: {' '.join(view.title.split())}"
    return {"subject": subject, "body": f"Branch: {view.head.ref}"}
