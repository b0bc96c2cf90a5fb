"""The infrastructure monitor: does the service live, answer, serve what it was told, and fast enough?"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import psutil

from trunkline.core.policy.monitoring import InfrastructureMonitor, Monitoring
from trunkline.core.signals import Finding, Signal
from trunkline.measure.intervals import quantile_interval
from trunkline.measure.wording import between, count
from trunkline.predictions import LogWindow

from .signals import State, write_signal

CLOCK_SLACK_S = 2.0
"""The clock may have been set since the start was written down: psutil converts from the kernel's own count."""


UNSHIPPED_S = 600.0
"""A store that does not answer for a while is no trouble: the service keeps what it could not ship."""
LEAST = 72
"""Answers that a p95 needs for a 95% interval with two ends: 0.95 ** 72 < 0.025."""


@dataclass(frozen=True)
class Probe:
    """What became of one look at the service: `trouble` is empty when all is well."""

    trouble: str = ""
    critical: bool = False
    milliseconds: float = 0.0


def watch_infrastructure(
    window: LogWindow,
    policy: Monitoring,
    *,
    environment: str,
    now: datetime,
    probe: str = "",
    pid: int = 0,
    create_time: float = 0.0,
    client: httpx.Client | None = None,
) -> Signal:
    """Return whether the service answers and is fast enough.

    `probe` is the address of `/ready`; `pid` and `create_time` (seconds since 1970) name its process; what is
    left out is not looked at. A dead or silent service is critical. Slow means that the lower end of the 95%
    interval of the answers' p95 latency is above `policy.infrastructure.latency_p95_ms`. A p95 above it that chance
    may explain is inconclusive, and a latency of fewer answers than the interval needs is not judged.
    """
    window = window.newest(policy.window_rows)
    findings: list[Finding] = []
    calm: list[str] = []
    critical = False
    looks = [("process", look_at_process(pid, create_time))] if pid else []
    if probe:
        timeout = policy.infrastructure.probe_timeout_s
        looks.append(("ready", look_at_service(probe, timeout_s=timeout, client=client)))
    for subject, found in looks:
        if found.trouble:
            findings.append(
                Finding(subject=subject, measure="healthy", value=0.0, threshold=1.0, detail=found.trouble)
            )
            critical = critical or found.critical
        elif subject == "ready":
            calm.append(f"the service is ready and said so in {found.milliseconds:.0f} ms")
    latency = _latency(window, policy.infrastructure)
    slow = latency is not None and latency.interval is not None and latency.interval.low > latency.threshold
    if latency is not None and slow:
        words = f"{latency.detail}, tolerated {latency.threshold:g} ms"
        findings.append(latency.model_copy(update={"detail": words}))
    elif latency is not None:
        calm.append(latency.detail)
    open_ = latency is not None and not slow and latency.value > latency.threshold
    if latency is not None and open_:
        calm.append(f"whether that is above the {latency.threshold:g} ms tolerated is not decided")
    few = not open_ and len(window.predictions) < LEAST
    if few and (calm or looks):
        calm.append(
            f"latency is not judged: {count(len(window.predictions), 'answer')}, and {LEAST} are needed"
        )
    well: State = "quiet" if (calm or looks) and not open_ and not few else "inconclusive"
    state: State = "alarm" if findings else well
    told = [finding.detail for finding in findings] or calm or ["nothing to look at: no probe and no answers"]
    return write_signal(
        "infrastructure",
        environment,
        state,
        "; ".join([told[0][:1].upper() + told[0][1:], *told[1:]]) + ".",
        rows=len(window.predictions),
        now=now,
        findings=findings,
        unjudged=("latency",) if few and looks and state == "inconclusive" else (),
        lead=latency,
        critical=critical,
    )


def look_at_process(pid: int, create_time: float = 0.0) -> Probe:
    """Return whether the process lives; `create_time` tells it from a later one with the same pid, 0 takes any."""
    try:
        process = psutil.Process(pid)
        same = not create_time or abs(process.create_time() - create_time) < CLOCK_SLACK_S
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return Probe()
    except psutil.NoSuchProcess:
        pass
    return Probe(f"the service's process {pid} is no longer there", critical=True)


def look_at_service(url: str, *, timeout_s: float, client: httpx.Client | None = None) -> Probe:
    """Return what `GET /ready` says, within `timeout_s` seconds."""
    begin = time.perf_counter()
    try:
        with contextlib.nullcontext(client) if client else httpx.Client(trust_env=False) as asking:
            answer = asking.get(url, timeout=timeout_s)
    except httpx.TimeoutException:
        return Probe(f"the service at {url} did not answer within {timeout_s:g} s", critical=True)
    except httpx.HTTPError as error:
        return Probe(f"the service at {url} does not answer ({type(error).__name__})", critical=True)
    milliseconds = (time.perf_counter() - begin) * 1000
    body = _body(answer)
    if answer.status_code != httpx.codes.OK or body.get("ready") is not True:
        return Probe(
            f"the service at {url} answers {answer.status_code} and is not ready", True, milliseconds
        )
    if failed := body.get("failed"):
        revision = str(failed.get("revision", ""))[:12] if isinstance(failed, dict) else ""
        words = f"the service could not load the release {revision} and serves the one before"
        return Probe(words, False, milliseconds)
    return Probe(_log_trouble(body.get("log")), False, milliseconds)


def _log_trouble(log: object) -> str:
    """Return what is wrong with the service's prediction log, as `GET /ready` tells it; empty when nothing is."""
    if not isinstance(log, dict):
        return ""
    if unlogged := log.get("unlogged"):
        return f"the service gave answers whose {unlogged} records its log did not take, since its start"
    behind = log.get("unshipped")
    if isinstance(behind, dict) and behind.get("trouble") and behind.get("seconds", 0) > UNSHIPPED_S:
        return f"{behind.get('records')} records of the log are not shipped, the oldest for {behind['seconds']:.0f} s"
    return ""


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _latency(window: LogWindow, policy: InfrastructureMonitor) -> Finding | None:
    rows = len(window.predictions)
    if not rows:
        return None
    value, interval = quantile_interval([answer.latency_ms for answer in window.predictions], 0.95)
    return Finding(
        subject="latency",
        measure="p95 (ms)",
        value=value,
        threshold=policy.latency_p95_ms,
        interval=interval,
        detail=f"the p95 latency is {value:.3g} ms ({between(interval)}) over {count(rows, 'answer')}",
    )
