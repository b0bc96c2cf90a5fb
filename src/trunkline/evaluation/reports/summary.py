"""The report on a pull request: what the gates said, in Markdown that fits into one comment."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from trunkline.core.figures import Figure
from trunkline.core.gate import room_of
from trunkline.core.markdown import code, plain
from trunkline.core.record import short
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.measure.wording import OUTCOME_WORDS, number, outcome_word, percent

from .catalogue import ROOMS, room_order
from .charts import difference_chart, group_chart
from .crossings import crossings
from .markdown import (
    by_urgency,
    figure_table,
    folded,
    shortened,
    stopping,
    verdict_table,
    waived,
)

LIMIT = 65_536
"""The most characters that GitHub takes in a comment."""
NOTE = (
    "*Left out, because a comment holds no more: {}. The page that was made with this report has all of it.*"
)
HEADLINES = {
    "pass": "**PASS**: every gate that blocks is green or waived.",
    "fail": "**FAIL**: this model is not released.",
    "inconclusive": "**INCONCLUSIVE**: too little is known to release this model.",
}
MOST_STOPS = 20
"""Gates that are told at length; the others are in the tables."""


def report_markdown(evaluation: Evaluation, *, title: str, limit: int = LIMIT) -> str:
    """Return the report in fewer than `limit` characters: what matters most first, the rest folded.

    A section that would not fit is left out, and that is said.
    """
    verdicts = evaluation.verdicts
    sections: list[tuple[str, str]] = [
        ("what stops it", _stops(verdicts)),
        ("what is waived", _waivers(verdicts)),
        ("what callers must know", _callers(verdicts)),
        ("the champion", _champion(verdicts)),
        *(
            (f"the gates of {ROOMS.get(room, room)}", _room(room, verdicts))
            for room in sorted(
                {room_of(one.gate) for one in verdicts}, key=lambda room: (room_order(room), room)
            )
        ),
        ("the figures", _figures(evaluation.figures)),
        ("a chart of the groups", _group_picture(evaluation)),
        ("figures by group", _by_group(evaluation.figures)),
    ]
    head = "\n\n".join(
        [f"## {plain(shortened(title, 200))}", HEADLINES[evaluation.outcome], _identity(evaluation)]
    )
    # The note is paid for from the start, so that leaving a section out never makes the text too long.
    room_left = limit - len(head) - len(NOTE) - sum(len(name) + 2 for name, _ in sections) - 3
    kept, left_out = [head], []
    for name, text in sections:
        if not text:
            continue
        if len(text) + 2 > room_left:
            left_out.append(name)
            continue
        kept.append(text)
        room_left -= len(text) + 2
    if left_out:
        kept.append(NOTE.format(", ".join(left_out)))
    return "\n\n".join(kept) + "\n"


def _identity(evaluation: Evaluation) -> str:
    champion = f"champion `{short(evaluation.champion)}`" if evaluation.champion else "no champion yet"
    counts = [
        f"{sum(verdict.outcome == outcome for verdict in evaluation.verdicts)} {word.lower()}"
        for outcome, word in OUTCOME_WORDS.items()
    ]
    return (
        f"{len(evaluation.verdicts)} gates: {', '.join(counts)}. "
        f"Bundle `{short(evaluation.bundle)}`, {champion}, snapshot `{short(evaluation.snapshot)}`."
    )


def _stops(verdicts: Sequence[Verdict]) -> str:
    found = stopping(verdicts)
    if not found:
        return ""
    lines = []
    for place, verdict in enumerate(found[:MOST_STOPS], 1):
        line = (
            f"{place}. {code(verdict.gate)} **{outcome_word(verdict)}**: {plain(shortened(verdict.reason))}"
        )
        if verdict.advice:
            line += f"<br>**What to do{' first' if place == 1 and len(found) > 1 else ''}:** {plain(verdict.advice)}"
        lines.append(line)
    if len(found) > MOST_STOPS:
        lines.append(f"\nAnd {len(found) - MOST_STOPS} more, in the tables below.")
    command = code(f"trunkline explain {shlex.quote(found[0].gate)}")
    lines.append(f"\n{command} tells how that is measured.")
    return "\n".join([f"### What stops it ({len(found)})", "", *lines])


def _waivers(verdicts: Sequence[Verdict]) -> str:
    found = [verdict for verdict in by_urgency(verdicts) if verdict.waiver is not None]
    if not found:
        return ""
    lines = [f"- {code(one.gate)} {OUTCOME_WORDS[one.outcome]}. {waived(one)}" for one in found]
    return "\n".join([f"### Waived ({len(found)})", "", *lines])


def _callers(verdicts: Sequence[Verdict]) -> str:
    """Return what changes for callers where nothing of it stops the release: else it stands above."""
    found = next((one for one in verdicts if one.gate == "data/interface" and one.advice), None)
    if found is None or found.stops:
        return ""
    return f"### For callers\n\n{plain(found.reason)}"


def _champion(verdicts: Sequence[Verdict]) -> str:
    found = next((one for one in verdicts if one.gate == "performance/champion" and one.figures), None)
    if found is None:
        return ""
    rows = []
    for figure in found.figures:
        span = f"{figure.interval.low:+.4f} to {figure.interval.high:+.4f}" if figure.interval else "none"
        rows.append(f"| {plain(figure.name.removeprefix('difference:'))} | {figure.value:+.4f} | {span} |")
    level = next((figure.interval.level for figure in found.figures if figure.interval), 0.95)
    head = f"| Metric (higher is better) | Challenger less champion | {percent(level)} interval |"
    table = "\n".join([head, "|---|---:|---:|", *rows])
    limit = f" It may not lie below {number(found.threshold)}." if found.threshold is not None else ""
    first = found.figures[0].name.removeprefix("difference:")
    return "\n\n".join(
        part
        for part in (
            "### Challenger and champion",
            f"{outcome_word(found)}. {plain(shortened(found.reason))}",
            difference_chart(found.figures),
            folded(
                f"By metric, on the same {found.figures[0].rows:,} rows",
                table,
                f"{plain(first)} decides.{limit}",
            ),
        )
        if part
    )


def _room(room: str, verdicts: Sequence[Verdict]) -> str:
    mine = [verdict for verdict in verdicts if room_of(verdict.gate) == room]
    counts = {
        word: sum(outcome_word(verdict) == word for verdict in mine)
        for word in dict.fromkeys(outcome_word(verdict) for verdict in by_urgency(mine))
    }
    said = "; ".join(f"{count} {word.lower()}" for word, count in counts.items())
    return folded(f"{ROOMS.get(room, room)}: {said}", verdict_table(mine))


def _figures(figures: Sequence[Figure]) -> str:
    overall = [figure for figure in figures if not figure.group]
    return folded(f"Figures on the test part ({len(overall)})", figure_table(overall)) if overall else ""


def group_figure_name(figures: Sequence[Figure]) -> str:
    """Return the figure by which groups are best compared at a glance; empty where there is none."""
    names = {figure.name for figure in figures if figure.group}
    order = ("selection_rate", "accuracy", "neg_mean_absolute_error")
    return next((name for name in order if name in names), "")


def _group_picture(evaluation: Evaluation) -> str:
    """Return a chart of the groups where a gate on fairness is red; green ones need no picture."""
    if all(one.outcome == "pass" for one in evaluation.verdicts if room_of(one.gate) == "fairness"):
        return ""
    name = group_figure_name(evaluation.figures)
    twofold = crossings(evaluation.figures)
    return group_chart(
        [one for one in evaluation.figures if one.name == name and one.group and one.group not in twofold]
    )


def _by_group(figures: Sequence[Figure]) -> str:
    grouped = [figure for figure in figures if figure.group]
    if not grouped:
        return ""
    count = len({figure.group for figure in grouped})
    return folded(f"Figures by group of people ({count} groups)", figure_table(grouped, grouped=True))
