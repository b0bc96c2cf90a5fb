"""The infrastructure monitor: does the service live, answer, serve what it was told, and fast enough?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import psutil

from trunkline.core.own_service import ANYBODY, Credentials
from trunkline.core.policy.monitors.infrastructure import InfrastructureMonitor
from trunkline.core.ready import ask_ready
from trunkline.core.signals import Finding
from trunkline.measure.intervals import quantile_interval
from trunkline.measure.wording import between, count
from trunkline.predictions import Prediction

from .evidence import Evidence
from .monitor import Monitor, Seen

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


class Infrastructure(Monitor[InfrastructureMonitor]):
    """The service's process is looked for, `/ready` is asked, and the p95 latency of the newest answers is measured.

    A service that is dead or does not answer is critical. So that no loss is overlooked, `/ready` also tells of the
    prediction log: answers without a record, and records that its store lacks after ten minutes. Slow means that the
    lower end of the p95's 95% interval is above `latency_p95_ms`. A p95 above it that chance may explain is
    inconclusive, and a latency of fewer answers than the interval needs is not judged.
    """

    kind = "infrastructure"
    question = "Does the service live, answer, serve what it was told, and fast enough?"
    section = InfrastructureMonitor
    advice = (
        "Run `trunkline status {environment}`: it says who serves, and how it is.",
        "If the service is down, start what is merged again with `trunkline deploy {environment}`.",
        "If it began with a release, take it back: `git revert -m 1 <merge commit>` in a pull request.",
    )

    def __init__(self, settings: InfrastructureMonitor, client: httpx.Client | None = None) -> None:
        super().__init__(settings)
        self.client = client

    def look(self, evidence: Evidence) -> Seen:
        """Ask the process, the service and the log, as far as the evidence names them."""
        answers = evidence.window.newest(evidence.policy.window_rows).predictions
        looks = [("process", look_at_process(evidence.pid, evidence.created))] if evidence.pid else []
        if evidence.address:
            timeout = self.settings.probe_timeout_s
            looks.append(
                (
                    "ready",
                    look_at_service(
                        evidence.address, evidence.credentials, timeout_s=timeout, client=self.client
                    ),
                )
            )
        findings = [
            Finding(subject=subject, measure="healthy", value=0.0, threshold=1.0, detail=found.trouble)
            for subject, found in looks
            if found.trouble
        ]
        calm = [
            f"the service is ready and said so in {found.milliseconds:.0f} ms"
            for subject, found in looks
            if subject == "ready" and not found.trouble
        ]
        latency = _latency(answers, self.settings)
        open_ = few = False
        if latency is not None:
            slow = latency.interval is not None and latency.interval.low > latency.threshold
            open_ = not slow and latency.value > latency.threshold
            if slow:
                words = f"{latency.detail}, tolerated {latency.threshold:g} ms"
                findings.append(latency.model_copy(update={"detail": words}))
            else:
                calm.append(latency.detail)
        if latency is not None and open_:
            calm.append(f"whether that is above the {latency.threshold:g} ms tolerated is not decided")
        elif few := len(answers) < LEAST and bool(calm or looks):
            calm.append(f"latency is not judged: {count(len(answers), 'answer')}, and {LEAST} are needed")
        unasked = bool(calm) and not looks
        if unasked:
            calm.append("whether the service lives is not judged: no address to ask it at is known here")
        told = [finding.detail for finding in findings] or calm
        told = told or ["nothing to look at: no probe and no answers"]
        well = not (open_ or few or unasked) and bool(calm or looks)
        return Seen(
            "alarm" if findings else "quiet" if well else "inconclusive",
            "; ".join([told[0][:1].upper() + told[0][1:], *told[1:]]) + ".",
            len(answers),
            tuple(findings),
            unjudged=() if findings or open_ else ("service",) * unasked + ("latency",) * bool(few and looks),
            lead=latency,
            critical=any(found.critical for _, found in looks),
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


def look_at_service(
    address: str, credentials: Credentials = ANYBODY, *, timeout_s: float, client: httpx.Client | None = None
) -> Probe:
    """Return whether the service at an address is ready, and well, within `timeout_s` seconds."""
    try:
        answer = ask_ready(address, credentials, timeout_s=timeout_s, client=client)
    except httpx.TimeoutException:
        return Probe(f"the service at {address} did not answer within {timeout_s:g} s", critical=True)
    except httpx.HTTPError as error:
        return Probe(f"the service at {address} does not answer ({type(error).__name__})", critical=True)
    if answer.said is None or not answer.ready:
        return Probe(
            f"the service at {address} answers {answer.status} and is not ready", True, answer.milliseconds
        )
    if failed := answer.said.failed:
        words = f"the service could not load the release {failed.revision[:12]} and serves the one before"
        return Probe(words, False, answer.milliseconds)
    return Probe(answer.said.log.lasting(UNSHIPPED_S), False, answer.milliseconds)


def _latency(answers: Sequence[Prediction], policy: InfrastructureMonitor) -> Finding | None:
    rows = len(answers)
    if not rows:
        return None
    value, interval = quantile_interval([answer.latency_ms for answer in answers], 0.95)
    return Finding(
        subject="latency",
        measure="p95 (ms)",
        value=value,
        threshold=policy.latency_p95_ms,
        interval=interval,
        detail=f"the p95 latency is {value:.3g} ms ({between(interval)}) over {count(rows, 'answer')}",
    )
