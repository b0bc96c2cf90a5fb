"""How a signal reads as an issue: title, body, dated lines and the evidence of recovery, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.core.markdown import cell, one_line
from trunkline.core.signals import Finding, Signal
from trunkline.forge.page import moment
from trunkline.measure.wording import percent

from .policy import STORM

MARKER = "latest"
"""The sticky comment that is kept up to date while the trouble lasts."""
LINES = 20
"""Dated lines that the sticky comment keeps."""
FINDINGS = 50
"""Findings that a table shows; a forge refuses bodies past 65,536 characters."""


def title(signal: Signal) -> str:
    """Return the title: one line of at most 120 characters, short enough for a list of issues."""
    subjects = list(dict.fromkeys(finding.subject for finding in signal.findings))
    # Many columns drift at once, and their figures stand in the body; other summaries begin with what matters.
    many = signal.kind == "data" and subjects and signal.fingerprint != STORM
    news = ", ".join(subjects) if many else signal.summary.split(" (")[0]
    words = one_line(f"{signal.kind.capitalize()} in {signal.environment}: {news}")
    return words if len(words) <= 120 else words[:119].rstrip() + "…"


def body(signal: Signal, chart: str = "") -> str:
    """Return the body: what was found, the figures, and what to do next."""
    parts = [
        f"{cell(signal.summary)}\n",
        f"Severity **{signal.severity}**, environment `{signal.environment}`, {signal.rows:,} rows looked at, "
        f"{moment(signal.time)}.\n",
        table(signal.findings),
        chart,
        "## What to do next\n" if signal.advice else "",
        "".join(f"{place}. {step}\n" for place, step in enumerate(signal.advice, start=1)),
        "Trunkline updates this issue while the trouble lasts and closes it when a monitor finds it gone.\n",
    ]
    return "\n".join(part for part in parts if part)


def update(signal: Signal, before: str = "", chart: str = "") -> str:
    """Return the sticky comment: dated lines, newest last, with the newest figures under them.

    `before` is the comment as it stands; its last lines are kept.
    """
    lines = [line for line in before.splitlines() if line.startswith("- **")]
    line = f"- **{moment(signal.time)}** still there, {signal.severity}: {cell(signal.summary)}"
    return "\n".join([*lines[-(LINES - 1) :], line, "", table(signal.findings), chart]).rstrip() + "\n"


def recovery(signal: Signal, chart: str = "") -> str:
    """Return the comment that closes an issue: the figures that show the trouble gone."""
    lead = f"Recovered {moment(signal.time)}: {cell(signal.summary)} ({signal.rows:,} rows looked at)"
    figures = signal.findings or ((signal.lead,) if signal.lead else ())
    return "\n".join([lead, "", table(figures), chart]).rstrip() + "\n"


def table(findings: Iterable[Finding]) -> str:
    """Return the findings as a Markdown table; empty where there are none."""
    rows = list(findings)
    if not rows:
        return ""
    lines = [
        "| what | measure | value | threshold | interval | p | detail |",
        "|---|---|---:|---:|---|---:|---|",
    ]
    for finding in rows[:FINDINGS]:
        cells = (
            cell(finding.subject),
            cell(finding.measure),
            number(finding.value),
            number(finding.threshold),
            interval(finding),
            number(finding.p_value) if finding.p_value is not None else "",
            cell(finding.detail),
        )
        lines.append("| " + " | ".join(cells) + " |")
    if len(rows) > FINDINGS:
        lines.append(f"\n… and {len(rows) - FINDINGS} more.")
    return "\n".join(lines) + "\n"


def interval(finding: Finding) -> str:
    """Return the interval of a finding with its level; empty where none was computed."""
    if finding.interval is None:
        return ""
    low, high, level = finding.interval.low, finding.interval.high, finding.interval.level
    return f"{number(low)} to {number(high)} ({percent(level)})"


def number(value: float) -> str:
    """Return a number to four significant digits; whole numbers in full."""
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"
