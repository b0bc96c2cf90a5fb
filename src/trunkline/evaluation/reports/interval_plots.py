"""Plots of figures with their intervals: one line a figure, a dot at the value, a bar from end to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict

from .crossings import chief_figure, crossings

BLUE, GREY, INK, GREEN, RED, AMBER = "#1f6feb", "#8b949e", "#24292f", "#1a7f37", "#cf222e", "#9a6700"
OUTCOMES = {"pass": GREEN, "fail": RED, "inconclusive": AMBER}
MOST_LINES = 40
LONGEST = 60
UNLIKE = 20.0
"""How many times wider the widest interval may be than the narrowest on one axis."""
WIDTH = 9.4
LIMITS = {
    "fairness-ratios": ("Least over greatest, and the least that is allowed", "fairness/", "", "_ratio"),
    "fairness-differences": (
        "Differences between groups, and the most that is allowed",
        "fairness/",
        "",
        "_difference",
    ),
    "robustness-falls": ("How far the metric falls, and how far it may", "robustness/", "fall:", ""),
    "robustness-metamorphic": (
        "Share of rows that break an expectation, and how many may",
        "robustness/",
        "violations",
        "",
    ),
}
"""A plot to its title, and to the room and the figure's name (how it begins and ends) of the gates on it."""
SLICES = {
    "slices/weak": "Error on a slice above the rest's, as a share of an ignorant model's (right is weaker)",
    "slices/harm": "Error on a slice above an ignorant model's, as a share of that one's (right is harm)",
}
Pictures = dict[str, tuple[Callable[[Canvas], None], tuple[float, float]]]


class Line(NamedTuple):
    """One line of a plot; `limit` is where a mark stands."""

    label: str
    value: float
    interval: Interval | None
    colour: str = BLUE
    limit: float | None = None
    part: str = ""
    """Lines of different parts have a rule between them."""


def champion_plot(evaluation: Evaluation) -> Pictures:
    """Return the plot of challenger less champion, by metric."""
    found = next((one.figures for one in evaluation.verdicts if one.gate == "performance/champion"), ())
    lines = [_difference(one, one.name.removeprefix("difference:")) for one in found]
    title = "Challenger less champion on the same rows, with intervals (right is better)"
    return _plot("champion", title, lines, zero=True)


def group_plots(evaluation: Evaluation, *, crossed: bool) -> Pictures:
    """Return the plots of the figures by group of people: of single attributes, or of two attributes together."""
    found: Pictures = {}
    grouped = [one for one in evaluation.figures if one.group]
    twofold, chief = crossings(grouped), chief_figure(grouped)
    for name in (chief, "true_positive_rate", "false_positive_rate", "mean_error"):
        figures = [one for one in grouped if one.name == name and crossed == (one.group in twofold)]
        if crossed:
            figures.sort(key=lambda one: one.value)
        more = "" if len(figures) <= MOST_LINES else f", the {MOST_LINES} least of {len(figures)}"
        lines = [_line(one, part="" if crossed else one.group.partition("=")[0]) for one in figures]
        of = "two attributes together" if crossed else "group"
        title = f"{_words(name).capitalize()} by {of}, with intervals{more}"
        found |= _plot(f"{'crossings' if crossed else 'groups'}-{name.replace('_', '-')}", title, lines)
    return found


def limit_plots(evaluation: Evaluation) -> Pictures:
    """Return, for fairness and robustness, the figure that each gate decides by, beside its limit."""
    found: Pictures = {}
    champions, decided = [], []
    for one in evaluation.verdicts:
        if one.gate.startswith("fairness/") and one.gate.endswith("/champion"):
            champions += [_difference(figure, _of_group(figure)) for figure in one.figures if figure.group]
        elif one.figures and one.threshold is not None and one.figures[0].interval:
            decided.append(one)
    for name, (title, room, begins, ends) in LIMITS.items():
        mine = [one for one in decided if one.gate.startswith(room)]
        mine = [one for one in mine if _named(one.figures[0], begins, ends)]
        found |= _plot(name, title, [_limited(one) for one in mine])
        if name == "fairness-differences":
            title = "Challenger less champion by group, with intervals (right is better)"
            found |= _plot("fairness-champion", title, champions, zero=True)
    return found


def slice_plots(evaluation: Evaluation) -> Pictures:
    """Return the plots of the slices on which the model is weak, and of what it does there beside no model.

    Grey are those that are hard to tell for any model, as its own probabilities say (`known_gap`).
    """
    found: Pictures = {}
    for verdict in evaluation.verdicts:
        if verdict.gate in SLICES:
            lines = [
                _line(one, GREY if one.name == "known_gap" else OUTCOMES[verdict.outcome])
                for one in verdict.figures
                if one.group
            ]
            found |= _plot(verdict.gate.replace("/", "-"), SLICES[verdict.gate], lines, zero=True)
    return found


def load_plots(evaluation: Evaluation) -> Pictures:
    """Return the plot of the answer times under load."""
    lines = [
        Line(_words(one.name.removeprefix("latency_").removesuffix("_ms")), one.value, one.interval)
        for verdict in evaluation.verdicts
        for one in verdict.figures
        if verdict.gate == "load/latency" and one.name.startswith("latency_")
    ]
    return _plot("load-latency", "Milliseconds to an answer under load, with intervals", lines, floor=0.0)


def _named(figure: Figure, begins: str, ends: str) -> bool:
    return figure.name.startswith(begins) and figure.name.endswith(ends)


def _of_group(figure: Figure) -> str:
    return f"{figure.group} ({figure.rows:,} rows)"


def _line(figure: Figure, colour: str = BLUE, part: str = "") -> Line:
    return Line(_of_group(figure), figure.value, figure.interval, colour, part=part)


def _limited(verdict: Verdict) -> Line:
    figure, label = verdict.figures[0], verdict.gate.partition("/")[2]
    return Line(label, figure.value, figure.interval, OUTCOMES[verdict.outcome], verdict.threshold)


def _difference(figure: Figure, label: str) -> Line:
    span = figure.interval
    better, worse = bool(span and span.low > 0), bool(span and span.high < 0)
    return Line(label, figure.value, span, BLUE if better else RED if worse else GREY)


def _plot(
    name: str, title: str, lines: Sequence[Line], *, zero: bool = False, floor: float | None = None
) -> Pictures:
    """Return one plot of all lines; where their scales differ too much, one axis a line under one title."""
    if not lines:
        return {}
    lines = lines[:MOST_LINES]
    widths = [line.interval.high - line.interval.low for line in lines if line.interval]
    widths = [width for width in widths if width > 0]
    alike = not zero or not widths or max(widths) <= UNLIKE * min(widths)

    def together(on: Canvas) -> None:
        ax = on.add_subplot()
        _draw(ax, lines, zero=zero)
        if floor is not None:
            ax.set_xlim(left=floor)
        ax.set_title(title)

    def apart(on: Canvas) -> None:
        for ax, line in zip(on.subplots(len(lines), 1, squeeze=False)[:, 0], lines, strict=True):
            _draw(ax, [line], zero=zero)
        on.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")

    height = 0.9 + 0.3 * len(lines) if alike else 0.4 + 0.62 * len(lines)
    return {name: (together if alike else apart, (WIDTH, height))}


def _draw(ax: Axes, lines: Sequence[Line], *, zero: bool) -> None:
    for place, line in enumerate(lines):
        if line.interval:
            ends = [line.interval.low, line.interval.high]
            ax.plot(ends, [place, place], color=line.colour, linewidth=1.6)
        ax.plot(line.value, place, "o", color=line.colour, markersize=5)
        if line.limit is not None:
            ax.plot([line.limit, line.limit], [place - 0.35, place + 0.35], color=INK, linewidth=1.4)
        if place and line.part != lines[place - 1].part:
            ax.axhline(place - 0.5, color="#d0d7de", linewidth=0.8)
    if zero:
        ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(lines)), [_cut(line.label) for line in lines])
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.grid(axis="x")
    ax.tick_params(length=0)


def _words(name: str) -> str:
    words = name.removeprefix("neg_").replace("_", " ")
    return f"{words}, sign turned," if name.startswith("neg_") else words


def _cut(label: str) -> str:
    # A dollar sign would begin a formula.
    label = label.replace("$", "\\$")
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
