"""What issues and pull requests share on GitHub: comments and labels."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from trunkline.forge.protocol import OWN_LABEL, Comment

from .client import Client
from .markers import marked, unmarked
from .refusals import Declined
from .views import CommentView, Named

_COLOURS = {OWN_LABEL: "5319e7", "severity: critical": "b60205", "severity: warning": "fbca04"}
_GREY = "ededed"
_LONGEST_LABEL = 50


class Threads:
    """Comments and labels of one repository."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rest: Any = client.github.rest

    def _comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of an issue or pull request, the oldest first."""
        return tuple(_comment(view) for view in self._comment_views(number))

    def _add(self, number: int, body: str, *, marker: str = "") -> None:
        """Add a comment; with a marker, replace the one that has it, and leave out doubles of it."""
        text = marked(body, "comment", marker)
        if marker and (own := self._own_comment(number, marker)):
            if own.body != text:
                self._change_comment(own.id, text)
            return
        self._create_comment(number, text, marker)
        if marker and (first := self._own_comment(number, marker)) and first.body != text:
            self._change_comment(
                first.id, text
            )  # another run added one meanwhile: the oldest is the one that stays

    def _add_once(self, number: int, body: str) -> None:
        """Add a comment, unless it is the newest one already."""
        text = marked(body, "comment", "")
        if body and not self._newest_comment(number, text):
            self._create_comment(number, text, "")

    def _require_labels(self, labels: tuple[str, ...]) -> list[str]:
        """Return the labels as GitHub takes them, made where they are missing."""
        wanted = list(dict.fromkeys(label[:_LONGEST_LABEL] for label in labels))
        for label in wanted:
            if label.lower() not in self._known_labels:
                self._make_label(label)
        return wanted

    @cached_property
    def _known_labels(self) -> set[str]:
        rows = self._client.rows("the labels", self._rest.issues.list_labels_for_repo)
        return {Named.model_validate(row).name.lower() for row in rows}

    def _make_label(self, label: str) -> None:
        try:
            self._client.ask(
                f"the label {label}",
                self._rest.issues.create_label,
                name=label,
                color=_COLOURS.get(label, _GREY),
                description="Opened by Trunkline" if label == OWN_LABEL else "",
            )
        except Declined as refused:
            if refused.status != 422 or not refused.says("already_exists"):
                raise
        self._known_labels.add(label.lower())

    def _own_comment(self, number: int, marker: str) -> CommentView | None:
        named = (view for view in self._comment_views(number) if _comment(view).marker == marker)
        return next(named, None)

    def _newest_comment(self, number: int, text: str) -> CommentView | None:
        views = self._comment_views(number)
        return views[-1] if views and views[-1].body == text else None

    def _create_comment(self, number: int, text: str, marker: str) -> None:
        self._client.ask(
            f"a comment on #{number}",
            self._rest.issues.create_comment,
            number,
            body=text,
            carried_out=lambda: (
                self._own_comment(number, marker) if marker else self._newest_comment(number, text)
            ),
        )

    def _change_comment(self, identifier: int, text: str) -> None:
        self._client.ask("a comment", self._rest.issues.update_comment, identifier, body=text)

    def _comment_views(self, number: int) -> list[CommentView]:
        rows = self._client.rows(f"the comments of #{number}", self._rest.issues.list_comments, number)
        return [CommentView.model_validate(row) for row in rows]


def _comment(view: CommentView) -> Comment:
    body, marker = unmarked(view.body, "comment")
    return Comment(body=body, time=view.updated_at, marker=marker if view.trusted else "")
