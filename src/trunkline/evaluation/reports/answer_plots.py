"""Plots of a model's answers beside the truth, and beside the champion's where there is one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from trunkline.measure.paired import Array, Paired
from trunkline.measure.wording import number, percent

BLUE, ORANGE, GREY, INK = "#1f6feb", "#d9730d", "#8b949e", "#24292f"
Corner = Literal["lower left", "lower right", "upper left"]
MOST_STEPS, MOST_POINTS = 3000, 1200
"""Steps of a curve, and points of a scatter plot, beyond which evenly spaced ones are drawn."""
MOST_CELLS = 5
"""Classes up to which a cell of the confusion matrix has room for its count beside its share."""


def roc(on: Canvas, test: Paired, champion: Paired | None) -> None:
    """Draw true over false positive rates."""
    ax = on.add_subplot()
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="chance")
    for known, name, colour in _scored(test, champion):
        across, up, _ = roc_curve(*known)
        label = f"{name}, area {number(float(roc_auc_score(*known)))}"
        ax.plot(_thin(across), _thin(up), color=colour, linewidth=1.6, label=label)
    _framed(ax, "ROC", "False positive rate", "True positive rate", legend="lower right")


def precision_recall(on: Canvas, test: Paired, champion: Paired | None) -> None:
    """Draw precision over recall."""
    ax = on.add_subplot()
    share = float((test.truth == 1).mean())
    ax.axhline(share, color=GREY, linewidth=1, linestyle=":", label=f"chance, {number(share)}")
    for known, name, colour in _scored(test, champion):
        up, across, _ = precision_recall_curve(*known)
        label = f"{name}, average precision {number(float(average_precision_score(*known)))}"
        ax.plot(_thin(across), _thin(up), color=colour, linewidth=1.6, label=label)
    _framed(ax, "Precision and recall", "Recall", "Precision", legend="lower left")


def calibration(on: Canvas, test: Paired, champion: Paired | None) -> None:
    """Draw how often it happened over how probable it was said to be, in tenths of the rows."""
    ax = on.add_subplot()
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="perfect")
    for known, name, colour in _scored(test, champion):
        happened, said = calibration_curve(*known, n_bins=10, strategy="quantile")
        ax.plot(said, happened, color=colour, linewidth=1.4, marker="o", markersize=4, label=name)
    title = f"Calibration: probability of {_short(test.classes[1])}, tenths of the rows"
    _framed(ax, title, "Mean probability said", "Share that happened", legend="upper left")


def _framed(ax: Axes, title: str, across: str, up: str, *, legend: Corner) -> None:
    ax.set(title=title, xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.01))
    ax.legend(loc=legend)


def confusion_size(test: Paired) -> tuple[float, float]:
    """Return the width and height, in inches, that the confusion matrix needs."""
    over = max(0, len(test.classes) - MOST_CELLS)
    return (min(9.4, 4.6 + 0.35 * over), min(9.4, 3.8 + 0.3 * over))


def confusion(on: Canvas, test: Paired) -> None:
    """Draw the confusion matrix: counts, shaded by their share of the true class."""
    ax = on.add_subplot()
    size = len(test.classes)
    table = confusion_matrix(test.truth, test.labels, labels=range(size))
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(size):
        for column in range(size):
            shade = "white" if shares[row, column] > 0.55 else INK
            text = percent(float(shares[row, column]))
            if size <= MOST_CELLS:
                text = f"{table[row, column]:,}\n{text}"
            ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=9 if size < 5 else 7)
    names = [_short(name) for name in test.classes]
    ax.set(title="Confusion, share of each true class", xlabel="Answered", ylabel="True")
    ax.set_xticks(range(size), names, rotation=0 if size <= MOST_CELLS else 60)
    ax.set_yticks(range(size), names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def predicted(on: Canvas, test: Paired) -> None:
    """Draw the truth over the answers, with the line on which they are the same."""
    ax = on.add_subplot()
    truth, answers = _thin(test.truth, MOST_POINTS), _thin(test.labels, MOST_POINTS)
    ends = [float(min(truth.min(), answers.min())), float(max(truth.max(), answers.max()))]
    ax.scatter(answers, truth, s=6, color=BLUE, alpha=_alpha(len(truth)), linewidths=0)
    ax.plot(ends, ends, color=INK, linewidth=1, linestyle=":", label="the same")
    ax.set(title="Answers and truth", xlabel="Answered", ylabel="True")
    ax.legend(loc="upper left")


def residuals(on: Canvas, test: Paired, champion: Paired | None) -> None:
    """Draw how truth less answer is spread; the furthest thousandths are counted at the ends."""
    ax = on.add_subplot()
    found = [(paired.truth - paired.labels, name, colour) for paired, name, colour in _each(test, champion)]
    low, high = np.quantile(np.concatenate([values for values, _, _ in found]), [0.001, 0.999])
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = list(np.linspace(low, high, 41))
    for values, name, colour in found:
        label = f"{name}, mean {number(float(values.mean()))}"
        ax.hist(
            np.clip(values, low, high),
            bins=edges,
            histtype="stepfilled" if name == "this model" else "step",
            color=colour,
            alpha=0.45 if name == "this model" else 1.0,
            linewidth=1.4,
            label=label,
        )
    ax.axvline(0, color=INK, linewidth=0.8)
    top = ax.get_ylim()[1]
    ax.set(title="Residuals", xlabel="True less answered", ylabel="Rows", ylim=(0, top * 1.22))
    ax.legend(loc="upper left")


def residuals_by_answer(on: Canvas, test: Paired) -> None:
    """Draw truth less answer over the answer, with its median and middle half in tenths of the rows."""
    ax = on.add_subplot()
    rest = test.truth - test.labels
    answers, shown = _thin(test.labels, MOST_POINTS), _thin(rest, MOST_POINTS)
    ax.scatter(answers, shown, s=6, color=BLUE, alpha=_alpha(len(shown)), linewidths=0)
    order = np.argsort(test.labels, kind="stable")
    parts = [part for part in np.array_split(order, min(10, len(order))) if len(part)]
    middle = [float(np.median(test.labels[part])) for part in parts]
    quarters = np.array([np.quantile(rest[part], [0.25, 0.5, 0.75]) for part in parts])
    ax.fill_between(
        middle, quarters[:, 0], quarters[:, 2], color=ORANGE, alpha=0.3, linewidth=0, label="middle half"
    )
    ax.plot(middle, quarters[:, 1], color=ORANGE, linewidth=1.6, label="median")
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set(title="Residuals by answer", xlabel="Answered", ylabel="True less answered")
    ax.legend(loc="upper left")


def _each(test: Paired, champion: Paired | None) -> list[tuple[Paired, str, str]]:
    both = [(test, "this model", BLUE)]
    return both + ([(champion, "champion", ORANGE)] if champion is not None else [])


def _thin(values: Array, most: int = MOST_STEPS) -> Array:
    if len(values) <= most:
        return values
    return np.asarray(values[np.linspace(0, len(values) - 1, most).astype(int)])


def _alpha(points: int) -> float:
    return 0.4 if points <= 500 else 0.25


def _short(name: str) -> str:
    name = name if len(name) <= 18 else name[:17] + "…"
    return name.replace("$", "\\$")  # which would begin a formula


def _scored(test: Paired, champion: Paired | None) -> list[tuple[tuple[Array, Array], str, str]]:
    """Return truth and score of each model that gives one, with its name and colour."""
    return [
        ((paired.truth == 1, paired.probabilities[:, 1]), name, colour)
        for paired, name, colour in _each(test, champion)
        if paired.probabilities is not None
    ]
