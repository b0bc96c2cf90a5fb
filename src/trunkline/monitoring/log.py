"""The log monitor: which errors does the service itself tell of?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from trunkline.core.policy.monitors.log import LogMonitor
from trunkline.core.record import as_utc
from trunkline.core.signals import Finding
from trunkline.core.tail import newest_first
from trunkline.measure.wording import count

from .evidence import Evidence
from .monitor import Monitor, Seen

LINES = 10_000
"""How many of the newest lines are read."""
GROUPS = 5
"""How many kinds of errors a signal tells of, the most frequent first."""
LONGEST = 120
"""Characters of an event that are shown."""
TIMES = ("time", "timestamp", "ts")
TRACEBACK = b"Traceback (most recent call last)"
# What varies between two lines of one kind, or may be a secret: quoted text, hex digests and ids, addresses, numbers.
VARIES = re.compile(
    r"'[^']*'|\"[^\"]*\"|\S+@\S+|\S+=\S+|\b[0-9a-fA-F-]*[0-9][0-9a-fA-F-]{7,}\b|\b[0-9a-fA-F]{12,}\b|\d+(?:\.\d+)?"
)
ERROR_NAME = re.compile(rb"^([A-Za-z_][\w.]*)(?::|$)")


@dataclass
class _Kind:
    """Error lines that differ only in what varies."""

    event: str
    times: int = 0
    critical: bool = False
    example: str = ""
    last: str = ""


class Log(Monitor[LogMonitor]):
    """The error lines in the newest 10,000 lines (JSON of structlog) that the service wrote since it started.

    Lines are grouped by event, with numbers, ids and quoted text taken out; of other keys only the exception's type
    and place are shown, so that no input or secret gets into an issue. A traceback outside JSON counts as an error. A
    log that is not there, or empty, is inconclusive.
    """

    kind = "log"
    question = "Which errors does the service itself tell of?"
    section = LogMonitor
    advice = (
        "Read the newest error lines of `service.log` under `.trunkline/live/{environment}/`.",
        "Walk a prediction that failed back to its model with `trunkline trace <prediction id>`.",
    )

    def __init__(self, settings: LogMonitor, lines: int = LINES) -> None:
        super().__init__(settings)
        self.lines = lines

    def look(self, evidence: Evidence) -> Seen:
        """Raise StorageError when the log cannot be read."""
        path, tolerated = evidence.log, self.settings.errors
        if path is None:
            return Seen("inconclusive", "The service's own log lies on another machine: it was not read.", 0)
        if not path.exists():
            return Seen("inconclusive", f"The service has no log at {path.name} yet.", 0)
        seen, kinds = _read(list(islice(newest_first(path), self.lines))[::-1], evidence.since)
        if not seen:
            summary = f"The service has written no line to {path.name} since it started."
            return Seen("inconclusive", summary, 0)
        errors = sum(kind.times for kind in kinds.values())
        lead = Finding(subject="errors", measure="error lines", value=errors, threshold=tolerated)
        summary = f"{count(errors, 'error')} in the newest {count(seen, 'line')} of the service's log"
        if errors <= tolerated:
            return Seen("quiet", f"{summary}.", seen, lead=lead)
        ranked = sorted(kinds.values(), key=lambda kind: (-kind.times, kind.event))
        findings = tuple(
            Finding(
                subject=kind.event,
                measure="error lines",
                value=kind.times,
                threshold=tolerated,
                detail=f"last {kind.last or 'at an unknown time'}"
                + (f", e.g. {kind.example}" if kind.example else ""),
            )
            for kind in ranked[:GROUPS]
        )
        told = ", ".join(f"{kind.event!r} {count(kind.times, 'time')}" for kind in ranked[:GROUPS])
        more = f" and {count(len(ranked) - GROUPS, 'other kind')}" if len(ranked) > GROUPS else ""
        summary = f"{summary} (tolerated {tolerated}): {told}{more}."
        critical = any(kind.critical for kind in ranked)
        return Seen("alarm", summary, seen, findings, lead=lead, critical=critical)


def template(event: str) -> str:
    """Return an event with what varies replaced by `#`, short enough to be a title."""
    words = VARIES.sub("#", " ".join(event.split()))
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _read(lines: list[bytes], since: datetime | None) -> tuple[int, dict[str, _Kind]]:
    kinds: dict[str, _Kind] = {}
    seen, fresh, stamp = 0, True, ""
    # The kind of a traceback is told by its last line, the first after it that is not indented.
    traceback = False
    for line in lines:
        value = _record(line)
        if value is not None:
            stamp = next((str(value[key]) for key in TIMES if key in value), stamp)
            fresh = _is_fresh(stamp, since)
        if not fresh:
            traceback = False
            continue
        seen += 1
        if value is not None:
            traceback = False
            level = str(value.get("level", "")).lower()
            if level in ("error", "critical", "fatal", "exception"):
                event = template(str(value.get("event", "") or "an error without a name"))
                _add(kinds, event, stamp, _example(value), critical=level in ("critical", "fatal"))
        elif line.startswith(TRACEBACK):
            traceback = True
        elif traceback and not line.startswith((b" ", b"\t")):
            traceback = False
            name = ERROR_NAME.match(line)
            _add(kinds, "uncaught exception", stamp, name[1].decode() if name else "", critical=False)
    return seen, kinds


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_fresh(stamp: str, since: datetime | None) -> bool:
    if since is None or not stamp:
        return True
    try:
        time = as_utc(datetime.fromisoformat(stamp))
    except ValueError:
        return True
    return time >= as_utc(since)


def _add(kinds: dict[str, _Kind], event: str, stamp: str, example: str, *, critical: bool) -> None:
    kind = kinds.setdefault(event, _Kind(event))
    kind.times += 1
    kind.last = stamp or kind.last
    kind.example = kind.example or example
    kind.critical = kind.critical or critical


def _example(value: dict[str, Any]) -> str:
    """Return the exception's type and place, as far as they look like such."""
    error, place = str(value.get("error", "")), str(value.get("place", ""))
    if not error:
        error = _type_of(value.get("exception"))
    parts = [error if re.fullmatch(r"[A-Za-z_][\w.]*", error) else "", place if _is_place(place) else ""]
    return " at ".join(part for part in parts if part)


def _is_place(place: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]+\.py:\d+", place))


def _type_of(exception: object) -> str:
    """Return the type in a formatted traceback, or in structlog's list of exceptions."""
    if isinstance(exception, str) and exception.strip():
        name = ERROR_NAME.match(exception.strip().splitlines()[-1].encode())
        return name[1].decode() if name else ""
    if isinstance(exception, list) and exception and isinstance(exception[-1], dict):
        return str(exception[-1].get("exc_type", ""))
    return ""
