"""The course of a signal as a chart that a forge draws: its leading figure against the threshold, run after run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC

from trunkline.core.signals import Finding, Signal

RUNS = 24
"""Runs that a chart shows: a day of hourly ones."""


def chart(signal: Signal, history: Sequence[Signal]) -> str:
    """Return a Mermaid chart of the last runs in which the signal's leading figure was measured, as Markdown.

    `history` holds signals of any kind, oldest first; empty where there are not two runs to show.
    """
    lead = signal.lead
    if lead is None:
        return ""
    runs = {
        run.time: run.lead
        for run in (*history, signal)
        if run.fingerprint == signal.fingerprint and run.lead and _alike(run.lead, lead)
    }
    times = sorted(runs)[-RUNS:]
    if len(times) < 2:
        return ""
    names = [f"{time.astimezone(UTC):%m-%d %H:%M}" for time in times]
    if len(set(names)) < len(names):  # one name is one place on the axis
        names = [f"{time.astimezone(UTC):%H:%M:%S} ({place})" for place, time in enumerate(times, 1)]
    values = ", ".join(_number(runs[time].value) for time in times)
    limits = ", ".join(_number(runs[time].threshold) for time in times)
    subjects = dict.fromkeys(runs[time].subject for time in times)
    subject = next(iter(subjects)) if len(subjects) == 1 else "worst"
    return "\n".join(
        [
            f"The last {len(times)} runs; the flatter line is the threshold:\n",
            "```mermaid",
            "xychart-beta",
            f'    title "{_words(f"{subject}: {lead.measure}, {signal.environment}")}"',
            "    x-axis [" + ", ".join(f'"{name}"' for name in names) + "]",
            f'    y-axis "{_words(lead.measure)}"',
            f"    line [{values}]",
            f"    line [{limits}]",
            "```\n",
        ]
    )


def _alike(one: Finding, other: Finding) -> bool:
    return one.measure == other.measure and math.isfinite(one.value) and math.isfinite(one.threshold)


def _number(value: float) -> str:
    # The chart's grammar knows no exponents.
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _words(text: str) -> str:
    """Return a text without what could end a title or a block."""
    return "".join(sign if sign.isalnum() or sign in " _.:,()%-/" else " " for sign in text)[:80]
