"""The page's charts, as SVG that stands in the page itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from trunkline.core.figures import Figure
from trunkline.measure.wording import percent

from .history import Span

ARMS = {"champion": "#2f6f9f", "canary": "#d98c2b", "silent": "#9aa5b1"}
SERIES = ("#2f6f9f", "#d98c2b", "#3f8f5f", "#a0527a", "#6b6fb5", "#8a7a3c", "#5b8fa8", "#b0563f")


def _draw(paint: Callable[[Axes], None], *, height: float, title: str) -> str:
    # Paths instead of text would make the page unreadable to search and to screen readers.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "trunkline", "font.size": 9}):
        canvas = Canvas(figsize=(9.2, height), layout="constrained")
        FigureCanvasSVG(canvas)
        axes = canvas.add_subplot()
        paint(axes)
        axes.spines[["top", "right"]].set_visible(False)
        stream = io.StringIO()
        canvas.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Title": title})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _windows(axes: Axes, moments: Sequence[datetime]) -> None:
    """Label windows by the time of their last answer: traffic comes in bursts, so time itself would bunch them up."""
    step = max(1, -(-len(moments) // 6))
    ticks = range(0, len(moments), step)
    clock = "%H:%M:%S" if moments[-1] - moments[0] < timedelta(days=1) else "%m-%d %H:%M"
    axes.set_xticks(list(ticks), [f"{moments[tick]:{clock}}" for tick in ticks])
    axes.set_xlabel("windows, by the time (UTC) of their last answer")


def _clock(axes: Axes) -> None:
    locator = dates.AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


def timeline(rows: Sequence[Span]) -> str:
    """Return who served when: one lane a version, one colour an arm; a canary's share is written on it."""
    versions = sorted({row.version for row in rows})

    def paint(axes: Axes) -> None:
        for row in rows:
            begin, end = dates.date2num(row.begin), dates.date2num(row.end)
            lane = versions.index(row.version)
            axes.barh(lane, end - begin, left=begin, height=0.62, color=ARMS[row.arm], edgecolor="white")
            if row.arm == "canary":
                axes.text(
                    (begin + end) / 2, lane, percent(row.share), ha="center", va="center", color="white"
                )
        axes.set_yticks(range(len(versions)), [f"version {version}" for version in versions])
        axes.invert_yaxis()
        handles = [mpl.patches.Patch(color=colour, label=arm) for arm, colour in ARMS.items()]
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=3, frameon=False)
        _clock(axes)

    return _draw(paint, height=1.1 + 0.42 * len(versions), title="Who served when")


def drift(rows: Sequence[tuple[datetime, Mapping[str, float]]], threshold: float) -> str:
    """Return the population stability index of each column over consecutive windows, with the alarm line."""
    names = sorted({name for _, values in rows for name in values})

    def paint(axes: Axes) -> None:
        for position, name in enumerate(names):
            places = [place for place, (_, values) in enumerate(rows) if name in values]
            indices = [values[name] for _, values in rows if name in values]
            colour = SERIES[position % len(SERIES)]
            axes.plot(places, indices, marker="o", ms=3, lw=1.4, color=colour, label=name)
        axes.axhline(threshold, color="#b3261e", lw=1, ls="--")
        axes.annotate(
            f"alarm above {threshold:g}", (0.01, threshold), xycoords=("axes fraction", "data"), va="bottom"
        )
        axes.set_yscale("symlog", linthresh=threshold)
        axes.set_ylim(bottom=-0.02)
        axes.set_ylabel("PSI against the training data")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        _windows(axes, [when for when, _ in rows])

    return _draw(paint, height=3.0, title="Drift of inputs and score")


def quality(rows: Sequence[tuple[datetime, Figure]], metric: str, references: Mapping[str, float]) -> str:
    """Return a metric with its interval over consecutive windows, and what each version measured at release."""

    def paint(axes: Axes) -> None:
        moments = range(len(rows))
        axes.plot(moments, [figure.value for _, figure in rows], marker="o", ms=3.5, lw=1.6, color=SERIES[0])
        spans = [figure.interval for _, figure in rows]
        if all(spans):
            low = [span.low for span in spans if span]
            high = [span.high for span in spans if span]
            axes.fill_between(moments, low, high, color=SERIES[0], alpha=0.18, lw=0, label="95 % interval")
        for position, (name, value) in enumerate(references.items(), 1):
            axes.axhline(
                value,
                color=SERIES[position % len(SERIES)],
                lw=1,
                ls="--",
                label=f"{name} at release: {value:.3f}",
            )
        axes.set_ylabel(metric)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        _windows(axes, [when for when, _ in rows])

    return _draw(paint, height=3.0, title=f"{metric} in production")
