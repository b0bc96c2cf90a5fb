"""Verdicts and figures as Markdown, for the report on a pull request and for the card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trunkline.core.figures import Figure
from trunkline.core.markdown import code, plain
from trunkline.core.verdicts import Verdict
from trunkline.measure.wording import number, outcome_word, percent

from .catalogue import room_order

LONGEST_CELL = 700
"""Characters of a reason in a table; the page has all of it."""


def shortened(text: str, most: int = LONGEST_CELL) -> str:
    """Return text of at most `most` characters, cut at a word."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + " …"


def by_urgency(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return those that stop a release first, then other red ones, then green ones; within that by room."""
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    return sorted(
        verdicts,
        key=lambda one: (not one.stops, rank[one.outcome], *_place(one.gate)),
    )


def stopping(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return those that stop a release in the order in which to look at them: by room, failures first.

    Data come before everything else: what a model says of broken rows is worth nothing.
    """
    found = [verdict for verdict in verdicts if verdict.stops]
    return sorted(found, key=lambda one: (room_order(one.gate), one.outcome != "fail", *_place(one.gate)))


def _place(gate: str) -> tuple[int, bool, str]:
    """Return what gates are sorted by: two attributes together come last, for they may be the echo of one."""
    return room_order(gate), " & " in gate, gate


def waived(verdict: Verdict) -> str:
    """Return who lets a red answer through, until when and why; empty where nobody does."""
    if verdict.waiver is None:
        return ""
    waiver = verdict.waiver
    return f"Waived by {plain(waiver.owner)} until {waiver.expires}: {plain(waiver.reason)}"


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Return a Markdown table of gates, verdicts and reasons."""
    rows = []
    for verdict in by_urgency(verdicts):
        words = f"{plain(shortened(verdict.reason))} {waived(verdict)}".strip()
        rows.append(f"| {code(verdict.gate)} | {outcome_word(verdict)} | {words} |")
    return "\n".join(["| Gate | Verdict | Reason |", "|---|---|---|", *rows])


def figure_table(figures: Sequence[Figure], *, grouped: bool = False) -> str:
    """Return a Markdown table of figures with intervals and rows; the level is said where all have the same."""
    levels = {figure.interval.level for figure in figures if figure.interval}
    interval = f"{percent(levels.pop())} interval" if len(levels) == 1 else "Interval"
    head = ["| Group " if grouped else "", f"| Figure | Value | {interval} | Rows |"]
    rule = ["|---" if grouped else "", "|---|---:|---:|---:|"]
    rows = []
    for figure in figures:
        span = figure.interval
        words = f"{number(span.low)} to {number(span.high)}" if span else "none"
        group = f"| {plain(figure.group)} " if grouped else ""
        rows.append(f"{group}| {plain(figure.name)} | {number(figure.value)} | {words} | {figure.rows:,} |")
    return "\n".join(["".join(head), "".join(rule), *rows])


def folded(summary: str, *parts: str) -> str:
    """Return Markdown that a reader opens by a click."""
    return "\n\n".join([f"<details><summary>{plain(summary)}</summary>", *parts, "</details>"])
