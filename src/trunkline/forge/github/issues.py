"""Issues on GitHub: one for each fingerprint, whoever else opens one at the same moment."""

from __future__ import annotations

from typing import Any, Literal

from trunkline.core.errors import ForgeError
from trunkline.forge.protocol import OWN_LABEL, Issue

from .client import API_VERSION, PAGE, Client
from .markers import marked, unmarked
from .pulls import LONGEST_TITLE
from .threads import Threads
from .views import IssueView, Named

State = Literal["open", "closed", "all"]


class Issues:
    """The issues of one repository that bear the forge's label: what people ask there is their own."""

    def __init__(self, client: Client, threads: Threads) -> None:
        self._client = client
        self._threads = threads

    def open(self, fingerprint: str, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        """Return the issue with this fingerprint: opened, or reopened with a comment, or the open one as it is."""
        wanted = self._threads.require_labels((*labels, OWN_LABEL))
        title = " ".join(title.split())[:LONGEST_TITLE]
        known = [view for view in self._views("all") if self._follows(view, fingerprint)]
        if still := [view for view in known if view.state == "open"]:
            return self._settle(still)
        if known:
            return self._reopen(min(known, key=lambda view: view.number), title, body, wanted)
        made = self._create(fingerprint, title, body, wanted)
        if not fingerprint:
            return self._record(made)
        # Two runs may have looked before either wrote: both look again, and both keep the one with the lowest number.
        newest = [view for view in self._newest() if self._follows(view, fingerprint)]
        return self._settle([made, *(view for view in newest if view.number != made.number)])

    def read(self, number: int) -> Issue:
        """Return an issue with its comments; raise ForgeError when there is none of this number."""
        return self._record(self._view(number))

    def all(self, state: str, fingerprint: str) -> tuple[Issue, ...]:
        """Return issues by number, a hundred with each request, and without their comments."""
        asked: State = "open" if state == "open" else "closed" if state == "closed" else "all"
        rows = (self._record(view, comments=False) for view in self._views(asked))
        return tuple(issue for issue in rows if fingerprint in ("", issue.fingerprint))

    def comment(self, number: int, body: str, marker: str) -> Issue:
        """Add a comment; with a marker, replace the comment that has it."""
        self._view(number)
        self._threads.add(number, body, marker=marker)
        return self.read(number)

    def label(self, number: int, labels: tuple[str, ...]) -> Issue:
        """Give an issue exactly these labels, and the forge's own."""
        self._view(number)
        wanted = self._threads.require_labels((*labels, OWN_LABEL))
        return self._record(self._change(number, labels=list(wanted)))

    def close(self, number: int, comment: str) -> Issue:
        """Close an issue; one that is closed already is returned as it is."""
        if self._view(number).state == "open":
            self._threads.add_once(number, comment)
            self._change(number, state="closed", state_reason="completed")
        return self.read(number)

    def _settle(self, views: list[IssueView]) -> Issue:
        first, *others = sorted(views, key=lambda view: view.number)
        for view in others:
            self._threads.add_once(view.number, f"Duplicate of #{first.number}.")
            self._change(view.number, state="closed", state_reason="duplicate")
        return self._record(first)

    def _reopen(self, view: IssueView, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        self._threads.add_once(view.number, f"Reopened: {title}\n\n{body}")
        return self._record(
            self._change(view.number, state="open", state_reason="reopened", labels=list(labels))
        )

    def _create(self, fingerprint: str, title: str, body: str, labels: tuple[str, ...]) -> IssueView:
        text = marked(body, "issue", fingerprint)

        def carried_out() -> dict[str, Any] | None:
            for view in self._newest():
                if view.title == title and (view.body or "").replace("\r\n", "\n") == text:
                    return view.model_dump(mode="json")
            return None

        answer = self._client.ask(
            "a new issue",
            lambda: self._rest.issues.create(
                *self._place, headers=API_VERSION, title=title, body=text, labels=list(labels)
            ),
            carried_out=carried_out,
        )
        return IssueView.model_validate(answer)

    def _change(self, number: int, **values: Any) -> IssueView:
        return IssueView.model_validate(
            self._client.ask(
                f"issue #{number}",
                lambda: self._rest.issues.update(*self._place, number, headers=API_VERSION, **values),
            )
        )

    def _view(self, number: int) -> IssueView:
        what = f"issue #{number}"
        view = IssueView.model_validate(
            self._client.ask(what, lambda: self._rest.issues.get(*self._place, number, headers=API_VERSION))
        )
        if view.pull_request is not None:
            raise ForgeError(f"There is no {what}: it is a pull request.", next_step="trunkline issue list")
        return view

    def _views(self, state: State) -> list[IssueView]:
        def page(number: int) -> Any:
            return self._rest.issues.list_for_repo(
                *self._place,
                state=state,
                labels=OWN_LABEL,
                sort="created",
                direction="asc",
                per_page=PAGE,
                page=number,
                headers=API_VERSION,
            )

        return _issues(row for each in self._client.pages("the issues", page) for row in each)

    def _newest(self) -> list[IssueView]:
        """Return the newest open issues: those that were opened a moment ago are among them."""
        rows = self._client.ask(
            "the newest issues",
            lambda: self._rest.issues.list_for_repo(
                *self._place,
                state="open",
                labels=OWN_LABEL,
                sort="created",
                direction="desc",
                per_page=PAGE,
                headers=API_VERSION,
            ),
        )
        return _issues(rows)

    def _record(self, view: IssueView, *, comments: bool = True) -> Issue:
        body, fingerprint = unmarked(view.body or "", "issue")
        labels = tuple(label.name if isinstance(label, Named) else label for label in view.labels)
        return Issue(
            number=view.number,
            title=view.title,
            body=body,
            state="open" if view.state == "open" else "closed",
            # Anyone may write a mark into an issue; only who may sort issues can give it the label.
            fingerprint=fingerprint if OWN_LABEL in labels else "",
            labels=labels,
            created=view.created_at,
            closed=view.closed_at,
            comments=self._threads.comments(view.number) if comments and view.comments else (),
        )

    def _follows(self, view: IssueView, fingerprint: str) -> bool:
        return bool(fingerprint) and unmarked(view.body or "", "issue")[1] == fingerprint

    @property
    def _rest(self) -> Any:
        return self._client.github.rest

    @property
    def _place(self) -> tuple[str, str]:
        return self._client.owner, self._client.name


def _issues(rows: Any) -> list[IssueView]:
    views = (IssueView.model_validate(row) for row in rows)
    return [view for view in views if view.pull_request is None]
