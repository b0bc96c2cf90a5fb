"""What the service says of itself: Prometheus metrics, and a log of JSON lines without inputs."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from trunkline.core.record import short
from trunkline.core.release import Release
from trunkline.predictions.shipping import Behind

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
UNKNOWN_FIELD = "(unknown)"


class Metrics:
    """The service's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "trunkline_requests", "Requests by path and status.", ["path", "status"], registry=self.registry
        )
        self.refused_callers = Counter(
            "trunkline_refused_callers",
            "Requests that a key did not open, by the scope that they needed.",
            ["scope", "reason"],
            registry=self.registry,
        )
        self.predictions = Counter(
            "trunkline_predictions",
            "Answers by version and arm; silent ones are never returned.",
            ["version", "arm"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "trunkline_prediction_seconds",
            "Time to answer, per row.",
            ["arm"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.rejected_fields = Counter(
            "trunkline_rejected_fields",
            "Fields that broke the contract.",
            ["field"],
            registry=self.registry,
        )
        self.challenger_errors = Counter(
            "trunkline_challenger_errors",
            "Rows that the challenger could not answer.",
            ["strategy", "reason"],
            registry=self.registry,
        )
        self.silent_drops = Counter(
            "trunkline_silent_dropped", "Rows that the silent challenger did not see.", registry=self.registry
        )
        self.feedback = Counter(
            "trunkline_feedback",
            "Events of ground truth that were told, by whether they were new.",
            ["outcome"],
            registry=self.registry,
        )
        self.model_errors = Counter(
            "trunkline_model_errors", "Requests on which the champion failed.", registry=self.registry
        )
        self.log_errors = Counter(
            "trunkline_log_errors",
            "Answers withheld because they could not be logged.",
            registry=self.registry,
        )
        self._unlogged = Counter(
            "trunkline_log_unlogged",
            "Records that the log did not take, of answers that were given all the same.",
            registry=self.registry,
        )
        self.unlogged_records = 0
        self.answers = 0
        self.reload_errors = Counter(
            "trunkline_reload_errors", "Releases that were refused.", registry=self.registry
        )
        self.bundle = Gauge(
            "trunkline_bundle_info",
            "What serves.",
            ["arm", "version", "bundle", "strategy", "revision"],
            registry=self.registry,
        )

    def served(self, arm: str, version: int, rows: int, seconds: float) -> None:
        """Count answers that took `seconds` a row."""
        self.predictions.labels(version, arm).inc(rows)
        self.answers += rows
        latency = self.latency.labels(arm)
        for _ in range(rows):
            latency.observe(seconds)

    def unlogged(self, records: int) -> None:
        """Count what the log did not take."""
        self._unlogged.inc(records)
        self.unlogged_records += records

    def show_shipping(self, behind: Callable[[], Behind]) -> None:
        """Say how much of the log is not shipped, whenever it is asked."""
        for name, said in (
            ("records", "Records that the log's store does not have."),
            ("seconds", "Age of the oldest record that the log's store does not have."),
        ):
            gauge = Gauge(f"trunkline_log_unshipped_{name}", said, registry=self.registry)
            gauge.set_function(partial(_figure, behind, name))

    def show(self, release: Release) -> None:
        """Say which bundles serve."""
        self.bundle.clear()
        routes = {"champion": release.champion}
        if release.challenger and release.strategy != "single":
            routes["challenger"] = release.challenger
        for arm, route in routes.items():
            self.bundle.labels(
                arm, route.version, short(route.bundle), release.strategy, release.revision
            ).set(1)

    def text(self) -> bytes:
        """Return the metrics in the format that Prometheus reads."""
        return generate_latest(self.registry)


def _figure(behind: Callable[[], Behind], name: str) -> float:
    return float(getattr(behind(), name))


def service_log(stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """Return the service's log: JSON lines, or `key=value` lines for a person at a terminal."""
    out = stream or sys.stderr
    render: structlog.typing.Processor = (
        structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"])
        if out.isatty()
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    made: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[structlog.processors.add_log_level, _time_first, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    return made


def log_refused(
    log: structlog.typing.FilteringBoundLogger, version: int, strategy: str, broken: Iterable[Sequence[str]]
) -> None:
    """Say which rows of a request a challenger's own contract refuses, by the fields; no value gets into the log."""
    refused = [fields for fields in broken if fields]
    names = sorted({name for fields in refused for name in fields})
    log.warning("challenger refused", version=version, strategy=strategy, rows=len(refused), fields=names)


class LogBridge(logging.Handler):
    """Brings what libraries log into the service's log; of an exception only its type and place, for its text may
    quote inputs."""

    def __init__(self, log: structlog.typing.FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        about: dict[str, Any] = {"logger": record.name}
        event = str(record.msg)
        if record.exc_info and record.exc_info[1]:
            about |= failure(record.exc_info[1])
            event = "unexpected error"
        (self._log.error if record.levelno >= logging.ERROR else self._log.warning)(event, **about)


def failure(error: BaseException) -> dict[str, str]:
    """Return an exception's type and place, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}


def _time_first(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"time": time, "level": event.pop("level"), "event": event.pop("event"), **event}


def _json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()
