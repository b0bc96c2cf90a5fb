"""A comment put into a record."""

from __future__ import annotations

from datetime import UTC, datetime

from trunkline.forge import Issue
from trunkline.forge.commenting import with_comment

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ISSUE = Issue(number=8, title="Drift", body="", state="open", created=NOON)


def test_comments_pile_up() -> None:
    twice = with_comment(with_comment(ISSUE, "same", NOON), "same", NOON)
    assert [comment.body for comment in twice.comments] == ["same", "same"]


def test_a_marked_comment_takes_the_place_of_its_former_self() -> None:
    first = with_comment(with_comment(ISSUE, "day 1", NOON, "latest"), "seen", NOON)
    again = with_comment(first, "day 2", NOON, "latest")
    assert [comment.body for comment in again.comments] == ["day 2", "seen"]


def test_nothing_said_is_no_comment() -> None:
    assert with_comment(ISSUE, "", NOON) is ISSUE
