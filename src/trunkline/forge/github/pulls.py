"""Pull requests on GitHub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from trunkline.core.errors import ForgeError
from trunkline.forge.conflict import conflict
from trunkline.forge.protocol import PullRequest

from .client import API_VERSION, PAGE, Client
from .markers import marked
from .refusals import Declined
from .threads import Threads
from .views import MergeView, PullView

LONGEST_TITLE = 256
_TRIES = 3


class Pulls:
    """The pull requests of one repository into `main`."""

    def __init__(self, client: Client, threads: Threads, main: str) -> None:
        self._client = client
        self._threads = threads
        self._main = main

    def propose(self, branch: str, title: str, body: str, labels: tuple[str, ...]) -> PullRequest:
        """Return the open pull request of a branch, opened now if there is none, with this text and these labels."""
        title, body = " ".join(title.split())[:LONGEST_TITLE], marked(body, "comment", "")
        view = self.find(branch) or self._open(branch, title, body)
        if (view.title, view.body or "") != (title, body):
            view = self._change(view.number, title=title, body=body)
        present = {label.name.lower() for label in view.labels}
        if missing := [name for name in self._threads.require_labels(labels) if name.lower() not in present]:
            self._client.ask(
                f"the labels of #{view.number}",
                lambda: self._rest.issues.add_labels(
                    *self._place, view.number, headers=API_VERSION, labels=list(missing)
                ),
            )
        return self.read(view.number)

    def find(self, branch: str) -> PullView | None:
        """Return the open pull request of a branch of this repository, None when there is none."""
        rows = self._client.ask(
            f"the pull request of {branch}",
            lambda: self._rest.pulls.list(
                *self._place,
                state="open",
                head=f"{self._client.owner}:{branch}",
                base=self._main,
                headers=API_VERSION,
            ),
        )
        views = [PullView.model_validate(row) for row in rows]
        own = [view for view in views if view.head.ref == branch and not self.foreign(view)]
        return min(own, key=lambda view: view.number, default=None)

    def foreign(self, view: PullView) -> bool:
        """Whether the branch lies in somebody's fork."""
        place = view.head.repo
        return place is None or place.full_name.lower() != self._client.repository.lower()

    def record(self, view: PullView, *, comments: bool = False) -> PullRequest:
        """Return the record of a pull request, with its comments if asked for."""
        merged = view.merged_at is not None
        return PullRequest(
            number=view.number,
            title=view.title,
            body=(view.body or "").replace("\r\n", "\n"),
            branch=view.head.label if self.foreign(view) else view.head.ref,
            base=view.base.ref,
            state="merged" if merged else "open" if view.state == "open" else "closed",
            labels=tuple(label.name for label in view.labels),
            created=view.created_at,
            closed=view.merged_at or view.closed_at,
            merge=(view.merge_commit_sha or "") if merged else "",
            comments=self._threads.comments(view.number) if comments and view.comments else (),
        )

    def view(self, number: int) -> PullView:
        """Return a single pull request; raise ForgeError when there is none of this number."""
        what = f"pull request #{number}"
        return PullView.model_validate(
            self._client.ask(what, lambda: self._rest.pulls.get(*self._place, number, headers=API_VERSION))
        )

    def read(self, number: int) -> PullRequest:
        """Return a single pull request with its comments."""
        return self.record(self.view(number), comments=True)

    def all(self, state: str, label: str) -> tuple[PullRequest, ...]:
        """Return pull requests by number, a hundred with each request, and without their comments."""
        asked: Literal["open", "closed", "all"] = (
            "all" if not state else "open" if state == "open" else "closed"
        )

        def page(number: int) -> Any:
            return self._rest.pulls.list(
                *self._place,
                state=asked,
                sort="created",
                direction="asc",
                per_page=PAGE,
                page=number,
                headers=API_VERSION,
            )

        rows = (row for each in self._client.pages("the pull requests", page) for row in each)
        found = (self.record(PullView.model_validate(row)) for row in rows)
        return tuple(
            pull for pull in found if state in ("", pull.state) and (not label or label in pull.labels)
        )

    def close(self, number: int, comment: str) -> PullRequest:
        """Close without merging."""
        view = self.view(number)
        if view.merged_at:
            raise ForgeError(
                f"The pull request #{number} is merged.",
                next_step=f"git revert -m 1 {(view.merge_commit_sha or '')[:12]}",
            )
        if view.state == "open":
            self._threads.add_once(number, comment)
            self._change(number, state="closed")
        return self.read(number)

    def merge(self, number: int, conflicts: Callable[[PullView], list[str]]) -> PullRequest:
        """Merge the commit that is the head now; `conflicts` tells the files in which it cannot be."""
        for again in range(_TRIES):
            view = self.view(number)
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
                raise self._unmergeable(view, refused, conflicts) from None
        return self.read(number)

    def _merge(self, view: PullView) -> PullRequest:
        title = f"Merge pull request #{view.number}: {' '.join(view.title.split())}"
        answer = self._client.ask(
            f"the merge of #{view.number}",
            lambda: self._rest.pulls.merge(
                *self._place,
                view.number,
                headers=API_VERSION,
                commit_title=title,
                commit_message=f"Branch: {view.head.ref}",
                sha=view.head.sha,
                merge_method="merge",
            ),
            carried_out=lambda: self._done(view.number),
        )
        merged = MergeView.model_validate(answer)
        return self.read(view.number).model_copy(update={"merge": merged.sha})

    def _done(self, number: int) -> dict[str, Any] | None:
        view = self.view(number)
        return {"sha": view.merge_commit_sha or "", "merged": True} if view.merged_at else None

    def _unmergeable(
        self, view: PullView, refused: Declined, conflicts: Callable[[PullView], list[str]]
    ) -> ForgeError:
        if refused.status == 409:
            return ForgeError(
                f"The branch {view.head.ref} moved while it was merged.",
                next_step="look at what is new there, then merge again; nothing was changed",
            )
        if refused.status != 405 or not (view.mergeable is False or refused.says("not mergeable")):
            return refused
        return conflict(view.base.ref, conflicts(view))

    def _open(self, branch: str, title: str, body: str) -> PullView:
        def carried_out() -> dict[str, Any] | None:
            found = self.find(branch)
            return found.model_dump(mode="json") if found else None

        try:
            answer = self._client.ask(
                f"a pull request of {branch}",
                lambda: self._rest.pulls.create(
                    *self._place, headers=API_VERSION, title=title, head=branch, base=self._main, body=body
                ),
                carried_out=carried_out,
            )
        except Declined as refused:
            if refused.status != 422:
                raise
            if refused.says("already exists") and (found := self.find(branch)):
                return found
            if refused.says("no commits between"):
                raise ForgeError(
                    f"There are no commits between {self._main} and {branch}.",
                    next_step=f"commit on {branch} and push it, then propose again",
                ) from None
            if refused.says("head invalid"):
                raise ForgeError(
                    f"The forge has no branch {branch}.", next_step=f"push it with `git push origin {branch}`"
                ) from None
            raise
        return PullView.model_validate(answer)

    def _change(self, number: int, **values: Any) -> PullView:
        return PullView.model_validate(
            self._client.ask(
                f"pull request #{number}",
                lambda: self._rest.pulls.update(*self._place, number, headers=API_VERSION, **values),
            )
        )

    @property
    def _rest(self) -> Any:
        return self._client.github.rest

    @property
    def _place(self) -> tuple[str, str]:
        return self._client.owner, self._client.name
