"""A comment put into a record of the local forge."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from .protocol import Comment, Issue, PullRequest

Commented = TypeVar("Commented", PullRequest, Issue)


def with_comment(record: Commented, body: str, time: datetime, marker: str = "") -> Commented:
    """Return a record with a comment more, in the place of the one with the same marker; without a body, as it is."""
    if not body:
        return record
    comment = Comment(body=body, time=time, marker=marker)
    comments: list[Comment] = list(record.comments)
    places = [place for place, each in enumerate(comments) if marker and each.marker == marker]
    if places:
        comments[places[0]] = comment
    else:
        comments.append(comment)
    return record.model_copy(update={"comments": tuple(comments)})
