"""Resources: what the service takes to answer, against its own past and against the version before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from trunkline.core.policy.monitors.resources import ResourcesMonitor
from trunkline.core.signals import Finding
from trunkline.measure.intervals import quantile_interval
from trunkline.measure.wording import between, count
from trunkline.predictions.telemetry import Telemetry

from .evidence import Evidence
from .monitor import Monitor, Seen

SAMPLES = 60
"""Of telemetry, an hour, that are compared with as many before."""
BUSY = 10
"""Answers in a sample from which its CPU time for one is taken: with fewer it is the idle service's."""


@dataclass(frozen=True)
class Asked:
    """One thing that a service takes, and how it is compared."""

    name: str
    measure: str
    quantile: float
    least: int
    """Values that the interval of the quantile needs to have two ends, at 95%."""
    floor: float
    """A rise by less is no trouble, whatever its share."""


Sample = Callable[[Telemetry], float | None]
USED: tuple[tuple[Asked, Sample], ...] = (
    (
        Asked("cpu", "median ms an answer", 0.5, 6, 1.0),
        lambda row: 1000 * row.cpu_seconds / row.answers if row.answers >= BUSY else None,
    ),
    (Asked("memory", "median MB", 0.5, 6, 50.0), lambda row: row.memory_mb),
    (Asked("gpu", "median % busy", 0.5, 6, 10.0), lambda row: row.gpu_share and 100 * row.gpu_share),
    (Asked("gpu memory", "median MB", 0.5, 6, 100.0), lambda row: row.gpu_memory_mb),
)


@dataclass(frozen=True)
class Compared:
    """How what is taken now compares with before."""

    state: Literal["alarm", "quiet", "open", "few"]
    finding: Finding


class Resources(Monitor[ResourcesMonitor]):
    """The newest answers and samples of the champion are compared with those just before them, and with the newest of
    the version before it: p95 latency, CPU time an answer, memory, and GPU where the machine has one.

    A rise is an alarm when even the lower end of the 95% interval now is by more than `rise` above the upper end of the
    interval before, and p95 latency by more than `latency_ms` too (distribution-free intervals of quantiles: Hahn &
    Meeker 1991, section 5.2). One that chance may explain is inconclusive, and so is too little to compare. A shared
    machine's other work counts as well.
    """

    kind = "infrastructure"
    question = "Does the service take more time, processor, memory or GPU than it did?"
    section = ResourcesMonitor
    advice = (
        "Run `trunkline status {environment}`: it says since when which version serves.",
        "If it began with a release, take it back: `git revert -m 1 <merge commit>` in a pull request.",
        "If not, look what else runs on the machine, and whether requests became larger.",
    )

    def look(self, evidence: Evidence) -> Seen:
        """Compare what the evidence has of now and of before."""
        latency = Asked("latency", "p95 (ms)", 0.95, 72, self.settings.latency_ms)
        compared = [
            one
            for then, answers, samples in _pasts(evidence)
            for one in (
                self._compare(latency, _latencies(evidence), answers, then),
                *(
                    self._compare(asked, _values(_now(evidence), sample), _values(samples, sample), then)
                    for asked, sample in USED
                ),
            )
            if one is not None
        ]
        findings = tuple(one.finding for one in compared if one.state == "alarm")
        few = tuple(dict.fromkeys(one.finding.subject for one in compared if one.state == "few"))
        undecided = any(one.state == "open" for one in compared)
        well = not findings and not undecided and not few and bool(compared)
        told = [one.finding.detail for one in compared if one.state == ("alarm" if findings else one.state)]
        words = told or ["there is nothing to compare with yet"]
        silent = any(row.gpu_silent for row in evidence.telemetry)
        unseen = "nvidia-smi is there and gave no figures of a GPU" if silent else "no GPU was seen"
        gpu = [] if any(row.gpu_share is not None for row in evidence.telemetry) else [unseen]
        text = "; ".join([*words, *([] if findings else gpu)])
        return Seen(
            "alarm" if findings else "quiet" if well else "inconclusive",
            f"{text[:1].upper()}{text[1:]}.",
            len(_latencies(evidence)),
            findings,
            unjudged=few if few and not undecided and not findings else (),
            lead=findings[0] if findings else compared[0].finding if compared else None,
        )

    def _compare(
        self, asked: Asked, now: Sequence[float], before: Sequence[float], then: str
    ) -> Compared | None:
        if not now or not before:
            return None
        limit = 1 + self.settings.rise
        value, interval = quantile_interval(now, asked.quantile)
        was, past = quantile_interval(before, asked.quantile)
        finding = Finding(
            subject=asked.name,
            measure=asked.measure,
            value=value,
            threshold=limit * was,
            interval=interval,
            detail=f"{asked.name}, {asked.measure}: {value:.3g} ({between(interval)}), {then} {was:.3g}"
            f" ({between(past)})",
        )
        if min(len(now), len(before)) < asked.least:
            words = f"{asked.name} is not compared with {then}: {count(min(len(now), len(before)), 'value')}"
            finding = finding.model_copy(
                update={"detail": f"{words}, and {asked.least} are needed", "interval": None}
            )
            return Compared("few", finding)
        if interval.low > limit * past.high and interval.low - past.high > asked.floor:
            return Compared("alarm", finding)
        rose = value > limit * was and value - was > asked.floor
        return Compared("open" if rose else "quiet", finding)


def _pasts(evidence: Evidence) -> list[tuple[str, Sequence[float], Sequence[Telemetry]]]:
    """Return what can be compared with: its name, its latencies, its samples."""
    now = _now(evidence)
    first = now[0].time if now else None
    earlier = [row for row in evidence.telemetry if first is not None and row.time < first]
    others = [row for row in earlier if row.bundle != evidence.bundle]
    return [
        ("before", [row.latency_ms for row in evidence.earlier], earlier[-SAMPLES:]),
        ("the version before", [row.latency_ms for row in evidence.replaced], others[-SAMPLES:]),
    ]


def _now(evidence: Evidence) -> list[Telemetry]:
    return [row for row in evidence.telemetry if row.bundle == evidence.bundle][-SAMPLES:]


def _latencies(evidence: Evidence) -> list[float]:
    return [row.latency_ms for row in evidence.window.predictions if row.bundle == evidence.bundle]


def _values(samples: Sequence[Telemetry], sample: Sample) -> list[float]:
    return [value for row in samples if (value := sample(row)) is not None]
