"""How a pull request or an issue of the local forge reads, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .protocol import Comment, Issue, PullRequest


def pull_request_page(pull: PullRequest, changes: str) -> str:
    """Return the page of a pull request; `changes` is what `git diff --stat` shows, empty when nothing differs."""
    facts = [f"**{pull.state}**", f"`{pull.branch}` into `{pull.base}`", f"opened {moment(pull.created)}"]
    if pull.closed:
        facts.append(f"{pull.state} {moment(pull.closed)}")
    if pull.merge:
        facts.append(f"merge commit `{pull.merge[:12]}`")
    files = f"## Changed files\n\n```\n{changes}\n```\n" if changes else ""
    return _page(
        f"Pull request #{pull.number}: {pull.title}", facts, pull.labels, pull.body, files, pull.comments
    )


def issue_page(issue: Issue) -> str:
    """Return the page of an issue."""
    facts = [f"**{issue.state}**", f"opened {moment(issue.created)}"]
    if issue.pinned:
        facts.insert(0, "**pinned**")
    if issue.closed:
        facts.append(f"closed {moment(issue.closed)}")
    if issue.fingerprint:
        facts.append(f"follows `{issue.fingerprint}`")
    return _page(f"Issue #{issue.number}: {issue.title}", facts, issue.labels, issue.body, "", issue.comments)


def moment(time: datetime) -> str:
    """Return a time to the minute, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _page(
    title: str,
    facts: Sequence[str],
    labels: Sequence[str],
    body: str,
    files: str,
    comments: Sequence[Comment],
) -> str:
    parts = [f"# {title}\n", " · ".join(facts) + "\n"]
    if labels:
        parts.append("Labels: " + ", ".join(f"`{label}`" for label in labels) + "\n")
    if body:
        parts.append(body.rstrip() + "\n")
    if files:
        parts.append(files)
    parts += [
        f"---\n\n**Comment, {moment(comment.time)}**\n\n{comment.body.rstrip()}\n" for comment in comments
    ]
    return "\n".join(parts)
