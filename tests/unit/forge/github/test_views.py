"""What is read of GitHub's answers."""

from __future__ import annotations

import pytest

from trunkline.forge.github.views import CommentView


@pytest.mark.parametrize(
    ("kind", "association", "trusted"),
    [
        ("Bot", "NONE", True),
        ("User", "OWNER", True),
        ("User", "MEMBER", True),
        ("User", "COLLABORATOR", True),
        ("User", "CONTRIBUTOR", False),
        ("User", "FIRST_TIMER", False),
        ("User", "NONE", False),
    ],
)
def test_only_who_may_write_is_trusted_with_marks(kind: str, association: str, trusted: bool) -> None:
    answer = {
        "id": 1,
        "body": "text",
        "user": {"login": "someone", "type": kind},
        "author_association": association,
        "updated_at": "2026-01-01T00:00:00Z",
        "a field of a later version": [],
    }
    assert CommentView.model_validate(answer).trusted is trusted


def test_a_comment_of_somebody_who_left_is_not_trusted() -> None:
    view = CommentView.model_validate({"id": 1, "user": None, "updated_at": "2026-01-01T00:00:00Z"})
    assert not view.trusted
