"""The service's own log, fetched from CloudWatch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.core.record import write_atomically

from .account import Account

LINES, BACK = 2000, timedelta(hours=3)


def fetch_log(account: Account, group: str, folder: Path) -> Path:
    """Return a file in `folder` with the last lines of a log group; it is not there where nothing was logged."""
    path = folder / "service.log"
    since = int((datetime.now(UTC) - BACK).timestamp() * 1000)
    lines: list[str] = []
    for page in account.pages(
        "logs",
        "filter_log_events",
        missing=("ResourceNotFoundException",),
        logGroupName=group,
        startTime=since,
    ):
        lines = [*lines, *(str(event["message"]).rstrip("\n") for event in page["events"])][-LINES:]
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, ("\n".join(lines) + "\n").encode())
    return path
