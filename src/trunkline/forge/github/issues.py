"""Issues on GitHub: one for each fingerprint, whoever else opens one at the same moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trunkline.core.errors import ForgeError
from trunkline.forge.protocol import OWN_LABEL, Issue

from .client import PAGE
from .markers import marked, unmarked
from .pulls import LONGEST_TITLE
from .threads import Threads
from .views import IssueView, Named


class Issues(Threads):
    """The issues of one repository that bear the forge's label: what people ask there is their own."""

    def open_issue(self, *, fingerprint: str, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        """Return the issue with this fingerprint: opened, or reopened with a comment, or the open one as it is."""
        wanted = self._require_labels((*labels, OWN_LABEL))
        title = " ".join(title.split())[:LONGEST_TITLE]
        known = [view for view in self._issue_views("all") if _follows(view, fingerprint)]
        if still := [view for view in known if view.state == "open"]:
            return self._settle(still)
        if known:
            first = min(known, key=lambda view: view.number).number
            self._add_once(first, f"Reopened: {title}\n\n{body}")
            return self._issue(
                self._change_issue(first, state="open", state_reason="reopened", labels=wanted)
            )
        made = self._create_issue(title, marked(body, "issue", fingerprint), wanted)
        if not fingerprint:
            return self._issue(made)
        # Two runs may have looked before either wrote: both look again, and both keep the one with the lowest number.
        newest = [view for view in self._newest_issues() if _follows(view, fingerprint)]
        return self._settle([made, *(view for view in newest if view.number != made.number)])

    def issue(self, number: int) -> Issue:
        """Return an issue with its comments; raise ForgeError when there is none of this number."""
        return self._issue(self._issue_view(number))

    def issues(self, *, state: str = "", fingerprint: str = "") -> tuple[Issue, ...]:
        """Return issues that bear the forge's label by number, without their comments."""
        views = self._issue_views(state if state in ("open", "closed") else "all")
        rows = (self._issue(view, comments=False) for view in views)
        return tuple(issue for issue in rows if fingerprint in ("", issue.fingerprint))

    def comment_issue(self, number: int, body: str, *, marker: str = "") -> Issue:
        """Add a comment; with a marker, replace the comment that has it."""
        self._issue_view(number)
        self._add(number, body, marker=marker)
        return self.issue(number)

    def label_issue(self, number: int, labels: tuple[str, ...]) -> Issue:
        """Give an issue exactly these labels, and the forge's own."""
        self._issue_view(number)
        return self._issue(self._change_issue(number, labels=self._require_labels((*labels, OWN_LABEL))))

    def close_issue(self, number: int, *, comment: str = "") -> Issue:
        """Close an issue; one that is closed already is returned as it is."""
        if self._issue_view(number).state == "open":
            self._add_once(number, comment)
            self._change_issue(number, state="closed", state_reason="completed")
        return self.issue(number)

    def pin_issue(self, number: int, *, pinned: bool = True) -> None:
        """Keep an issue above all others, or no longer; GitHub pins three, and by its GraphQL API alone."""
        verb = "pinIssue" if pinned else "unpinIssue"
        query = f"mutation($id: ID!) {{ {verb}(input: {{issueId: $id}}) {{ issue {{ number }} }} }}"
        self._client.graphql(f"the pin of issue #{number}", query, id=self._issue_view(number).node_id)

    def _settle(self, views: list[IssueView]) -> Issue:
        first, *others = sorted(views, key=lambda view: view.number)
        for view in others:
            self._add_once(view.number, f"Duplicate of #{first.number}.")
            self._change_issue(view.number, state="closed", state_reason="duplicate")
        return self._issue(first)

    def _create_issue(self, title: str, text: str, labels: list[str]) -> IssueView:
        def carried_out() -> dict[str, Any] | None:
            for view in self._newest_issues():
                if view.title == title and (view.body or "").replace("\r\n", "\n") == text:
                    return view.model_dump(mode="json")
            return None

        create = self._rest.issues.create
        answer = self._client.ask(
            "a new issue", create, title=title, body=text, labels=labels, carried_out=carried_out
        )
        return IssueView.model_validate(answer)

    def _change_issue(self, number: int, **values: Any) -> IssueView:
        answer = self._client.ask(f"issue #{number}", self._rest.issues.update, number, **values)
        return IssueView.model_validate(answer)

    def _issue_view(self, number: int) -> IssueView:
        what = f"issue #{number}"
        view = IssueView.model_validate(self._client.ask(what, self._rest.issues.get, number))
        if view.pull_request is not None:
            raise ForgeError(f"There is no {what}: it is a pull request.", next_step="trunkline issue list")
        return view

    def _issue_views(self, state: str) -> list[IssueView]:
        asked: dict[str, Any] = {"state": state, "labels": OWN_LABEL, "sort": "created", "direction": "asc"}
        return _issues(self._client.rows("the issues", self._rest.issues.list_for_repo, **asked))

    def _newest_issues(self) -> list[IssueView]:
        """Return the newest open issues: those that were opened a moment ago are among them."""
        asked: dict[str, Any] = {"state": "open", "labels": OWN_LABEL, "sort": "created", "direction": "desc"}
        newest = self._client.ask(
            "the newest issues", self._rest.issues.list_for_repo, per_page=PAGE, **asked
        )
        return _issues(newest)

    def _issue(self, view: IssueView, *, comments: bool = True) -> Issue:
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
            comments=self._comments(view.number) if comments and view.comments else (),
        )


def _follows(view: IssueView, fingerprint: str) -> bool:
    return bool(fingerprint) and unmarked(view.body or "", "issue")[1] == fingerprint


def _issues(rows: Iterable[Any]) -> list[IssueView]:
    views = (IssueView.model_validate(row) for row in rows)
    return [view for view in views if view.pull_request is None]
