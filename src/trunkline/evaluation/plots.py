"""Plots of a model's answers, as SVG with the same bytes for the same figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from trunkline.core.records import Evaluation, Figure

from .scored import Array, Paired
from .wording import number

BLUE, ORANGE, GREY, INK, RED = "#1f6feb", "#d9730d", "#8b949e", "#24292f", "#cf222e"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "trunkline",
    "svg.fonttype": "none",
    "path.simplify_threshold": 0.5,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#d0d7de",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#eaeef2",
    "legend.frameon": False,
}
MOST_POINTS = 3000
"""Points of a scatter plot, and steps of a curve, beyond which evenly spaced ones are drawn."""
Draw = Callable[[Axes], None]


def plots(evaluation: Evaluation, test: Paired, champion: Paired | None) -> dict[str, bytes]:
    """Return the plots that suit this kind of model: a short name to SVG."""
    found: dict[str, tuple[Draw, tuple[float, float]]] = {}
    if not test.classes:
        found["predicted"] = (lambda ax: _predicted(ax, test), (4.6, 3.8))
        found["residuals"] = (lambda ax: _residuals(ax, test, champion), (4.6, 3.8))
    else:
        if test.binary and test.probabilities is not None and not test.one_class:
            found["roc"] = (lambda ax: _roc(ax, test, champion), (4.6, 3.8))
            found["precision-recall"] = (lambda ax: _precision_recall(ax, test, champion), (4.6, 3.8))
            found["calibration"] = (lambda ax: _calibration(ax, test, champion), (4.6, 3.8))
        found["confusion"] = (lambda ax: _confusion(ax, test), (4.6, 3.8))
    differences = next((one.figures for one in evaluation.verdicts if one.gate == "performance/champion"), ())
    if differences:
        found["champion"] = (lambda ax: _differences(ax, differences), (9.4, 0.8 + 0.32 * len(differences)))
    name = (
        "selection_rate"
        if test.positive is not None
        else "accuracy"
        if test.classes
        else "neg_mean_absolute_error"
    )
    for measure in dict.fromkeys((name, "true_positive_rate", "false_positive_rate")):
        figures = [
            one for one in evaluation.figures if one.name == measure and one.group and " & " not in one.group
        ]
        if figures:
            found[f"groups-{measure.replace('_', '-')}"] = (
                _groups_of(figures),
                (9.4, 0.9 + 0.3 * len(figures)),
            )
    return {name: _svg(draw, size) for name, (draw, size) in found.items()}


def _svg(draw: Draw, size: tuple[float, float]) -> bytes:
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=size, layout="constrained")
        draw(canvas.add_subplot())
        stream = io.BytesIO()
        FigureCanvasSVG(canvas).print_svg(stream, metadata={"Date": None, "Creator": None})
    return b"\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + b"\n"


def _each(test: Paired, champion: Paired | None) -> list[tuple[Paired, str, str]]:
    both = [(test, "this model", BLUE)]
    return both + ([(champion, "champion", ORANGE)] if champion is not None else [])


def _thin(values: Array) -> Array:
    if len(values) <= MOST_POINTS:
        return values
    return np.asarray(values[np.linspace(0, len(values) - 1, MOST_POINTS).astype(int)])


def _scores(paired: Paired) -> tuple[Array, Array] | None:
    return None if paired.probabilities is None else (paired.truth == 1, paired.probabilities[:, 1])


def _roc(ax: Axes, test: Paired, champion: Paired | None) -> None:
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="chance")
    for paired, name, colour in _each(test, champion):
        if known := _scores(paired):
            across, up, _ = roc_curve(*known)
            label = f"{name}, area {number(float(roc_auc_score(*known)))}"
            ax.plot(_thin(across), _thin(up), color=colour, linewidth=1.6, label=label)
    ax.set(
        title="ROC", xlabel="False positive rate", ylabel="True positive rate", xlim=(0, 1), ylim=(0, 1.01)
    )
    ax.legend(loc="lower right")


def _precision_recall(ax: Axes, test: Paired, champion: Paired | None) -> None:
    share = float((test.truth == 1).mean())
    ax.axhline(share, color=GREY, linewidth=1, linestyle=":", label=f"chance, {number(share)}")
    for paired, name, colour in _each(test, champion):
        if known := _scores(paired):
            up, across, _ = precision_recall_curve(*known)
            label = f"{name}, average precision {number(float(average_precision_score(*known)))}"
            ax.plot(_thin(across), _thin(up), color=colour, linewidth=1.6, label=label)
    ax.set(title="Precision and recall", xlabel="Recall", ylabel="Precision", xlim=(0, 1), ylim=(0, 1.01))
    ax.legend(loc="lower left")


def _calibration(ax: Axes, test: Paired, champion: Paired | None) -> None:
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="perfect")
    for paired, name, colour in _each(test, champion):
        if known := _scores(paired):
            happened, said = calibration_curve(*known, n_bins=10, strategy="quantile")
            ax.plot(said, happened, color=colour, linewidth=1.4, marker="o", markersize=4, label=name)
    ax.set(
        title=f"Calibration: probability of {test.classes[1]}, tenths of the rows",
        xlabel="Mean probability said",
        ylabel="Share that happened",
        xlim=(0, 1),
        ylim=(0, 1.01),
    )
    ax.legend(loc="upper left")


def _confusion(ax: Axes, test: Paired) -> None:
    size = len(test.classes)
    table = confusion_matrix(test.truth, test.labels, labels=range(size))
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(size):
        for column in range(size):
            shade = "white" if shares[row, column] > 0.55 else INK
            text = f"{table[row, column]:,}\n{shares[row, column]:.0%}"
            ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=9 if size < 5 else 7)
    ax.set(title="Confusion, share of each true class", xlabel="Answered", ylabel="True")
    ax.set_xticks(range(size), test.classes)
    ax.set_yticks(range(size), test.classes)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _predicted(ax: Axes, test: Paired) -> None:
    truth, answers = _thin(test.truth), _thin(test.labels)
    ends = [float(min(truth.min(), answers.min())), float(max(truth.max(), answers.max()))]
    ax.plot(ends, ends, color=GREY, linewidth=1, linestyle=":")
    ax.scatter(answers, truth, s=6, color=BLUE, alpha=0.35, linewidths=0)
    ax.set(title="Answers and truth", xlabel="Answered", ylabel="True")


def _residuals(ax: Axes, test: Paired, champion: Paired | None) -> None:
    found = [(paired.truth - paired.labels, name, colour) for paired, name, colour in _each(test, champion)]
    edges = np.histogram_bin_edges(np.concatenate([values for values, _, _ in found]), bins=40)
    for values, name, colour in found:
        ax.hist(
            values,
            bins=list(edges),
            color=colour,
            alpha=0.5,
            label=f"{name}, mean {number(float(values.mean()))}",
        )
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(title="Residuals", xlabel="True less answered", ylabel="Rows")
    ax.legend(loc="upper right")


def _bars(ax: Axes, figures: Sequence[Figure], names: Sequence[str], colours: Sequence[str]) -> None:
    for place, (figure, colour) in enumerate(zip(figures, colours, strict=True)):
        if figure.interval:
            ax.plot([figure.interval.low, figure.interval.high], [place, place], color=colour, linewidth=1.6)
        ax.plot(figure.value, place, "o", color=colour, markersize=5)
    ax.set_yticks(range(len(figures)), names)
    ax.set_ylim(len(figures) - 0.5, -0.5)
    ax.grid(axis="x")
    ax.tick_params(length=0)


def _differences(ax: Axes, figures: Sequence[Figure]) -> None:
    colours = [
        BLUE
        if one.interval and one.interval.low > 0
        else RED
        if one.interval and one.interval.high < 0
        else GREY
        for one in figures
    ]
    _bars(ax, figures, [one.name.removeprefix("difference:") for one in figures], colours)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(title="Challenger less champion, 95 % intervals on the same rows (right is better)")


def _groups_of(figures: Sequence[Figure]) -> Draw:
    def draw(ax: Axes) -> None:
        names = [f"{one.group} ({one.rows:,} rows)" for one in figures]
        _bars(ax, figures, names, [BLUE] * len(figures))
        for place in range(1, len(figures)):
            if figures[place].group.split("=")[0] != figures[place - 1].group.split("=")[0]:
                ax.axhline(place - 0.5, color="#d0d7de", linewidth=0.8)
        ax.set(title=f"{figures[0].name.replace('_', ' ').capitalize()} by group, 95 % intervals")

    return draw
