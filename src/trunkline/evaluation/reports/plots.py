"""Plots of an evaluation, as SVG with the same bytes for the same figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from trunkline.core.verdicts import Evaluation
from trunkline.measure.paired import Paired

# A second to import, for verbs that draw nothing.
if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INK = "#24292f"
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
SMALL = (4.6, 3.8)
Picture = tuple[Callable[["Canvas"], None], tuple[float, float]]
"""What draws on an empty canvas, and the canvas' width and height in inches."""
ROOMS = {"groups": "fairness", "crossings": "fairness", "fairness": "fairness"} | {
    room: room for room in ("slices", "robustness", "load")
}
"""What a plot's name begins with, to the room whose gates it belongs to; any other is of performance."""


def room_of_plot(name: str) -> str:
    """Return the room whose gates a plot belongs to."""
    return ROOMS.get(name.partition("-")[0], "performance")


def plots(evaluation: Evaluation, test: Paired, champion: Paired | None) -> dict[str, bytes]:
    """Return the plots that a card shows: answers, the champion, groups of people; a short name to SVG."""
    from . import answer_plots as answers
    from . import interval_plots as intervals

    found: dict[str, Picture] = {}
    traits = test.traits
    if "amounts" in traits:
        found["predicted"] = (lambda on: answers.predicted(on, test), SMALL)
        found["residuals"] = (lambda on: answers.residuals(on, test, champion), SMALL)
        found["residuals-by-answer"] = (lambda on: answers.residuals_by_answer(on, test), SMALL)
    if {"two classes", "probabilities"} <= traits and not test.only:
        found["roc"] = (lambda on: answers.roc(on, test, champion), SMALL)
        found["precision-recall"] = (lambda on: answers.precision_recall(on, test, champion), SMALL)
        found["calibration"] = (lambda on: answers.calibration(on, test, champion), SMALL)
    if "classes" in traits:
        found["confusion"] = (lambda on: answers.confusion(on, test), answers.confusion_size(test))
    found |= intervals.champion_plot(evaluation)
    found |= intervals.group_plots(evaluation, crossed=False)
    return drawn(found)


def finding_plots(evaluation: Evaluation) -> dict[str, bytes]:
    """Return the plots that only the page shows: what the gates of the other rooms found; a short name to SVG."""
    from . import interval_plots as intervals

    return drawn(
        intervals.limit_plots(evaluation)
        | intervals.group_plots(evaluation, crossed=True)
        | intervals.slice_plots(evaluation)
        | intervals.load_plots(evaluation)
    )


def drawn(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Return pictures as SVG."""
    return {name: _svg(draw, size) for name, (draw, size) in pictures.items()}


def _svg(draw: Callable[[Canvas], None], size: tuple[float, float]) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=size, layout="constrained")
        draw(canvas)
        stream = io.BytesIO()
        FigureCanvasSVG(canvas).print_svg(stream, metadata={"Date": None, "Creator": None})
    return b"\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + b"\n"
