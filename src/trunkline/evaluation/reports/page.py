"""The page: an evaluation as one HTML file that needs nothing else to be looked at."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from trunkline.core.figures import Figure
from trunkline.core.gate import room_of
from trunkline.core.record import short
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.measure.wording import number, outcome_word

from .catalogue import ROOMS, room_order
from .markdown import by_urgency, stopping
from .plots import finding_plots, room_of_plot


@dataclass(frozen=True)
class Part:
    """A room's part of the page; `pictures` are names with SVG in base64, small ones side by side."""

    anchor: str
    heading: str
    verdicts: tuple[Verdict, ...]
    pictures: tuple[tuple[str, str], ...]

    @property
    def red(self) -> list[Verdict]:
        """Return the verdicts that are not green."""
        return [verdict for verdict in self.verdicts if verdict.outcome != "pass"]

    @property
    def green(self) -> list[Verdict]:
        """Return the verdicts that are green."""
        return [verdict for verdict in self.verdicts if verdict.outcome == "pass"]


def report_page(evaluation: Evaluation, pictures: Mapping[str, bytes], *, title: str) -> str:
    """Return the page: what stops the release, then by room the verdicts with figures and plots, then all figures.

    `pictures` are those of the card; the same arguments give the same page.
    """
    environment = Environment(
        loader=PackageLoader("trunkline.evaluation.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "short": short,
        "span": _span,
        "word": outcome_word,
        "coded": _coded,
    }
    verdicts = by_urgency(evaluation.verdicts)
    return environment.get_template("page.html").render(
        title=title,
        evaluation=evaluation,
        stops=stopping(verdicts),
        waived=[verdict for verdict in verdicts if verdict.waiver is not None],
        parts=_parts(verdicts, {**pictures, **finding_plots(evaluation)}),
        overall=[figure for figure in evaluation.figures if not figure.group],
        by_group=[figure for figure in evaluation.figures if figure.group],
    )


def _parts(verdicts: list[Verdict], pictures: dict[str, bytes]) -> list[Part]:
    rooms = {room_of(verdict.gate) for verdict in verdicts} | {room_of_plot(name) for name in pictures}
    return [
        Part(
            anchor=f"room-{place}",
            heading=ROOMS.get(room, room),
            verdicts=tuple(verdict for verdict in verdicts if room_of(verdict.gate) == room),
            pictures=tuple(
                (name.replace("-", " "), base64.b64encode(picture).decode())
                for name, picture in pictures.items()
                if room_of_plot(name) == room
            ),
        )
        for place, room in enumerate(sorted(rooms, key=lambda room: (room_order(room), room)))
    ]


def _span(figure: Figure) -> str:
    span = figure.interval
    return f"{number(span.low)} to {number(span.high)}" if span else ""


def _coded(text: str) -> Markup:
    """Return text as HTML in which what stands between backticks is code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
