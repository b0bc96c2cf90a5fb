"""Charts that GitHub draws from text: Mermaid's xychart.

Source: the grammar of mermaid 11, packages/mermaid/src/diagrams/xychart/parser/xychart.jison: a quoted text ends at
the next quote, knows no escape and is never empty; numbers have no exponent; a line is a statement. Labels that are
the same share a place, so none may be (seen with mermaid 11.17).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from trunkline.core.figures import Figure

MOST_BARS = 16
LONGEST_LABEL = 34
WORDS = {"<": "under ", ">": "over ", "%": " percent", "&": "and"}
DARK, LIGHT, GREY, BAR = "#1f6feb", "#9ec5fe", "#8b949e", "#79b8ff"
UNLIKE = 20.0
"""How many times wider the widest interval may be than the narrowest on one axis."""


def difference_chart(figures: Sequence[Figure]) -> str:
    """Return a chart of challenger less champion by metric, each within its interval, with a line at zero.

    Empty where there are fewer than two intervals, or metrics of such different scales that one would hide the other.
    """
    found = [(one, one.interval) for one in figures if one.interval][:MOST_BARS]
    widths = [span.high - span.low for _, span in found if span.high > span.low]
    if len(found) < 2 or not widths or max(widths) > UNLIKE * min(widths):
        return ""
    lows, highs = [span.low for _, span in found], [span.high for _, span in found]
    values = [one.value for one, _ in found]
    edge = max(map(abs, (*lows, *highs, *values))) * 1.1
    return _chart(
        "Challenger less champion: dark the difference, light its interval",
        [one.name.removeprefix("difference:") for one, _ in found],
        "right is better",
        (-edge, edge),
        [f"line {_numbers(row)}" for row in ([0.0] * len(found), lows, highs, values)],
        (GREY, LIGHT, LIGHT, DARK),
    )


def group_chart(figures: Sequence[Figure]) -> str:
    """Return a chart of one rate by group of people; empty where there are fewer than two groups."""
    shown = figures[:MOST_BARS]
    if len(shown) < 2:
        return ""
    turned = shown[0].name.startswith("neg_")
    values = [-one.value if turned else one.value for one in shown]
    top = 1.0 if max(values) <= 1 else max(values) * 1.05
    return _chart(
        f"{shown[0].name.removeprefix('neg_').replace('_', ' ').capitalize()} by group",
        [f"{one.group} ({one.rows:,})" for one in shown],
        "in brackets the rows",
        (min(0.0, min(values) * 1.05), top),
        [f"bar {_numbers(values)}"],
        (BAR,),
    )


def _chart(
    title: str,
    labels: Sequence[str],
    axis: str,
    ends: tuple[float, float],
    series: Sequence[str],
    colours: Sequence[str],
) -> str:
    settings = {
        "themeVariables": {"xyChart": {"plotColorPalette": ", ".join(colours)}},
        "xyChart": {"width": 760, "height": 110 + 30 * len(labels), "yAxis": {"labelFontSize": 10}},
    }
    low, high = (_number(end) for end in ends)
    return "\n".join(
        [
            "```mermaid",
            f"%%{{init: {json.dumps(settings)}}}%%",
            "xychart-beta horizontal",
            f"    title {quoted(title, 80)}",
            f"    x-axis [{', '.join(_apart(labels))}]",
            f"    y-axis {quoted(axis)} {low} --> {high}",
            *(f"    {line}" for line in series),
            "```",
        ]
    )


def quoted(text: str, most: int = LONGEST_LABEL) -> str:
    """Return text as a label: every sign that Mermaid, or the page around it, could read otherwise is gone."""
    for sign, word in WORDS.items():
        text = text.replace(sign, word)
    text = re.sub(r"[^\w \-=.,:()/+]", " ", text)
    text = " ".join(text.split()) or "-"
    return '"' + (text if len(text) <= most else text[: most - 1] + "…") + '"'


def _apart(labels: Sequence[str]) -> list[str]:
    """Return labels as texts of which no two are the same."""
    found: list[str] = []
    for place, label in enumerate(labels, 1):
        text = quoted(label)
        found.append(f'"{place}: {text[1:]}' if text in found else text)
    return found


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "0"
    places = max(0, min(9, 3 - math.floor(math.log10(abs(value))))) if value else 0
    return f"{value:.{places}f}"


def _numbers(values: Sequence[float]) -> str:
    return f"[{', '.join(map(_number, values))}]"
