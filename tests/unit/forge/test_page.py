"""How pull requests and issues of the local forge read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from trunkline.forge import Comment, Issue, PullRequest
from trunkline.forge.page import issue_page, moment, pull_request_page

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PULL = PullRequest(
    number=7, title="More trees", body="", branch="more", base="main", state="open", created=NOON
)
ISSUE = Issue(number=8, title="Drift", body="", state="open", created=NOON)


def test_times_read_in_utc() -> None:
    assert moment(NOON.astimezone(timezone(timedelta(hours=2)))) == "2026-11-23 12:00 UTC"


def test_a_bare_pull_request_is_a_title_and_one_line_of_facts() -> None:
    page = pull_request_page(PULL, "")
    assert page == (
        "# Pull request #7: More trees\n\n**open** · `more` into `main` · opened 2026-11-23 12:00 UTC\n"
    )


def test_changed_files_stand_before_the_comments() -> None:
    pull = PULL.model_copy(update={"comments": (Comment(body="Fine.", time=NOON),)})
    page = pull_request_page(pull, " model.py | 2 +-")
    assert "```\n model.py | 2 +-\n```" in page
    assert page.index("Changed files") < page.index("Fine.")


def test_a_bare_issue_names_no_fingerprint_and_no_labels() -> None:
    page = issue_page(ISSUE)
    assert page == "# Issue #8: Drift\n\n**open** · opened 2026-11-23 12:00 UTC\n"


def test_a_closed_issue_says_when() -> None:
    closed = ISSUE.model_copy(update={"state": "closed", "closed": NOON + timedelta(hours=1)})
    assert "closed 2026-11-23 13:00 UTC" in issue_page(closed)
