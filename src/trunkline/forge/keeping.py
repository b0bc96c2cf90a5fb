"""Keeping: the one issue about a lasting trouble, open while it lasts."""

from __future__ import annotations

from typing import NamedTuple

from .protocol import Forge, Issue


class Trouble(NamedTuple):
    """What the issue says when it is opened."""

    title: str
    body: str
    labels: tuple[str, ...]


class Kept(NamedTuple):
    """The open issue, None where there is no trouble, and which issues this look opened or closed."""

    issue: Issue | None
    changed: tuple[int, ...] = ()


def keep_issue(forge: Forge, fingerprint: str, trouble: Trouble | None, *, over: str) -> Kept:
    """Keep one issue open while there is a trouble; close it with the comment `over` once there is none."""
    known = forge.issues(state="open", fingerprint=fingerprint)
    if trouble is None:
        return Kept(None, tuple(forge.close_issue(issue.number, comment=over).number for issue in known))
    if known:
        return Kept(known[0])
    issue = forge.open_issue(
        fingerprint=fingerprint, title=trouble.title, body=trouble.body, labels=trouble.labels
    )
    return Kept(issue, (issue.number,))
