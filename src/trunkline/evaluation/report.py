"""The report on a pull request: what the gates said, in Markdown that fits into one comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trunkline.core.record import short
from trunkline.core.records import Evaluation, Figure, Verdict

from .wording import OUTCOME_WORDS, between, number, outcome_word

LIMIT = 65_536
"""The most characters that GitHub takes in a comment."""
NOTE = "\n\n*Cut here: a comment holds no more. The whole report is on the page that was made with it.*\n"
HEADLINES = {
    "pass": "**PASS**: every gate that blocks is green or waived.",
    "fail": "**FAIL**: this model is not released.",
    "inconclusive": "**INCONCLUSIVE**: too little is known to release this model.",
}


def report_markdown(evaluation: Evaluation, *, title: str, limit: int = LIMIT) -> str:
    """Return the report in fewer than `limit` characters; what does not fit is cut at a line, and that is said."""
    parts = [
        f"## {plain(title)}",
        HEADLINES[evaluation.outcome],
        _identity(evaluation),
        "### Verdicts",
        verdict_table(evaluation.verdicts),
        *_to_do(evaluation.verdicts),
        *_champion(evaluation.verdicts),
        "### Figures on the test part",
        figure_table([figure for figure in evaluation.figures if not figure.group]),
        *_by_group(evaluation.figures),
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    if len(text) < limit:
        return text
    kept = text[: limit - len(NOTE) - len(CLOSE) - 1]
    kept = kept[: kept.rfind("\n")]
    if kept.count("<details>") > kept.count("</details>"):
        kept += CLOSE
    return kept + NOTE


CLOSE = "\n\n</details>"


def plain(text: str) -> str:
    """Return text that neither breaks a Markdown table nor is read as HTML or a mention."""
    text = " ".join(text.split())
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("@", "&#64;")):
        text = text.replace(sign, safe)
    return text


def by_urgency(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts with those that stop a release first, then other red ones, then green ones."""
    return sorted(
        verdicts,
        key=lambda one: (not one.stops, one.outcome == "pass", one.outcome == "inconclusive", one.gate),
    )


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Return a Markdown table of gates, verdicts and reasons."""
    rows = [
        f"| `{verdict.gate}` | {outcome_word(verdict)} | {plain(verdict.reason)}{_waived(verdict)} |"
        for verdict in by_urgency(verdicts)
    ]
    return "\n".join(["| Gate | Verdict | Reason |", "|---|---|---|", *rows])


def figure_table(figures: Sequence[Figure], *, grouped: bool = False) -> str:
    """Return a Markdown table of figures with intervals and rows."""
    head = ["| Group " if grouped else "", "| Figure | Value | 95 % interval | Rows |"]
    rule = ["|---" if grouped else "", "|---|---:|---:|---:|"]
    rows = []
    for figure in figures:
        span = figure.interval
        words = f"{number(span.low)} to {number(span.high)}" if span else "none"
        group = f"| {plain(figure.group)} " if grouped else ""
        rows.append(f"{group}| {figure.name} | {number(figure.value)} | {words} | {figure.rows:,} |")
    return "\n".join(["".join(head), "".join(rule), *rows])


def _identity(evaluation: Evaluation) -> str:
    champion = f"champion `{short(evaluation.champion)}`" if evaluation.champion else "no champion yet"
    counts = [
        f"{sum(verdict.outcome == outcome for verdict in evaluation.verdicts)} {word.lower()}"
        for outcome, word in OUTCOME_WORDS.items()
    ]
    return (
        f"Bundle `{short(evaluation.bundle)}`, {champion}, snapshot `{short(evaluation.snapshot)}`. "
        f"{len(evaluation.verdicts)} gates: {', '.join(counts)}."
    )


def _waived(verdict: Verdict) -> str:
    if verdict.waiver is None:
        return ""
    waiver = verdict.waiver
    return f" Waived by {plain(waiver.owner)} until {waiver.expires}: {plain(waiver.reason)}"


def _to_do(verdicts: Sequence[Verdict]) -> list[str]:
    red = [verdict for verdict in by_urgency(verdicts) if verdict.outcome != "pass" and verdict.advice]
    if not red:
        return []
    return ["### What to do", "\n".join(f"- `{verdict.gate}`: {plain(verdict.advice)}" for verdict in red)]


def _champion(verdicts: Sequence[Verdict]) -> list[str]:
    found = next((one for one in verdicts if one.gate == "performance/champion" and one.figures), None)
    if found is None:
        return []
    rows = [
        f"| {figure.name.removeprefix('difference:')} | {figure.value:+.4f} | {between(figure.interval)} |"
        for figure in found.figures
    ]
    table = ["| Metric (higher is better) | Challenger less champion | Interval |", "|---|---:|---:|", *rows]
    rows_text = (
        f"Both answered the same {found.figures[0].rows:,} rows; intervals are of the paired bootstrap. "
    )
    return [
        "### Challenger and champion",
        rows_text + f"The first line decides: it may not lie below {found.threshold:+.3f}.",
        "\n".join(table),
    ]


def _by_group(figures: Sequence[Figure]) -> list[str]:
    grouped = [figure for figure in figures if figure.group]
    if not grouped:
        return []
    return [
        "<details><summary>Figures by group of people</summary>",
        figure_table(grouped, grouped=True),
        "</details>",
    ]
