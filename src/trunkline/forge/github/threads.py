"""What issues and pull requests share on GitHub: comments and labels."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from trunkline.forge.protocol import OWN_LABEL, Comment

from .client import API_VERSION, PAGE, Client
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

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of an issue or pull request, the oldest first."""
        return tuple(_comment(view) for view in self._views(number))

    def add(self, number: int, body: str, *, marker: str = "") -> None:
        """Add a comment; with a marker, replace the one that has it, and leave out doubles of it."""
        text = marked(body, "comment", marker)
        if marker and (own := self._own(number, marker)):
            if own.body != text:
                self._change(own.id, text)
            return
        self._create(number, text, marker)
        if marker and (first := self._own(number, marker)) and first.body != text:
            self._change(first.id, text)  # another run added one meanwhile: the oldest is the one that stays

    def add_once(self, number: int, body: str) -> None:
        """Add a comment, unless it is the newest one already."""
        text = marked(body, "comment", "")
        if body and not self._newest(number, text):
            self._create(number, text, "")

    def require_labels(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the labels as GitHub takes them, made where they are missing."""
        wanted = tuple(dict.fromkeys(label[:_LONGEST_LABEL] for label in labels))
        for label in wanted:
            if label.lower() not in self._known:
                self._make(label)
        return wanted

    @cached_property
    def _known(self) -> set[str]:
        rest, client = self._client.github.rest, self._client

        def page(number: int) -> Any:
            return rest.issues.list_labels_for_repo(
                client.owner, client.name, per_page=PAGE, page=number, headers=API_VERSION
            )

        return {
            Named.model_validate(row).name.lower()
            for rows in client.pages("the labels", page)
            for row in rows
        }

    def _make(self, label: str) -> None:
        client = self._client
        try:
            client.ask(
                f"the label {label}",
                lambda: client.github.rest.issues.create_label(
                    client.owner,
                    client.name,
                    headers=API_VERSION,
                    name=label,
                    color=_COLOURS.get(label, _GREY),
                    description="Opened by Trunkline" if label == OWN_LABEL else "",
                ),
            )
        except Declined as refused:
            if refused.status != 422 or not refused.says("already_exists"):
                raise
        self._known.add(label.lower())

    def _own(self, number: int, marker: str) -> CommentView | None:
        named = (view for view in self._views(number) if _comment(view).marker == marker)
        return next(named, None)

    def _newest(self, number: int, text: str) -> CommentView | None:
        views = self._views(number)
        return views[-1] if views and views[-1].body == text else None

    def _create(self, number: int, text: str, marker: str) -> None:
        client = self._client
        client.ask(
            f"a comment on #{number}",
            lambda: client.github.rest.issues.create_comment(
                client.owner, client.name, number, headers=API_VERSION, body=text
            ),
            carried_out=lambda: self._own(number, marker) if marker else self._newest(number, text),
        )

    def _change(self, identifier: int, text: str) -> None:
        client = self._client
        client.ask(
            "a comment",
            lambda: client.github.rest.issues.update_comment(
                client.owner, client.name, identifier, headers=API_VERSION, body=text
            ),
        )

    def _views(self, number: int) -> list[CommentView]:
        client = self._client

        def page(place: int) -> Any:
            return client.github.rest.issues.list_comments(
                client.owner, client.name, number, per_page=PAGE, page=place, headers=API_VERSION
            )

        rows = client.pages(f"the comments of #{number}", page)
        return [CommentView.model_validate(row) for each in rows for row in each]


def _comment(view: CommentView) -> Comment:
    body, marker = unmarked(view.body, "comment")
    return Comment(body=body, time=view.updated_at, marker=marker if view.trusted else "")
