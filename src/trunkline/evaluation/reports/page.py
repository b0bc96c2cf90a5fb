"""The page: an evaluation as one HTML file that needs nothing else to be looked at."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trunkline.core.verdicts import Evaluation, Verdict

from .plots import finding_plots, room_of_plot
from .rendering import render
from .rooms import ROOMS, by_room, by_urgency, stopping


class Part(NamedTuple):
    """A room's part of the page; `pictures` are names with SVG in base64, small ones side by side."""

    heading: str
    red: Sequence[Verdict]
    green: Sequence[Verdict]
    pictures: Sequence[tuple[str, str]]


def report_page(evaluation: Evaluation, pictures: Mapping[str, bytes], *, title: str) -> str:
    """Return the page: what stops the release, then by room the verdicts with figures and plots, then all figures.

    `pictures` are those of the card; the same arguments give the same page.
    """
    verdicts = by_urgency(evaluation.verdicts)
    return render(
        "page.html",
        title=title,
        evaluation=evaluation,
        stops=stopping(verdicts),
        waived=[verdict for verdict in verdicts if verdict.waiver is not None],
        parts=_parts(verdicts, {**pictures, **finding_plots(evaluation)}),
        overall=[figure for figure in evaluation.figures if not figure.group],
        by_group=[figure for figure in evaluation.figures if figure.group],
    )


def _parts(verdicts: list[Verdict], pictures: dict[str, bytes]) -> list[Part]:
    drawn = by_room(pictures, room_of_plot)
    asked = by_room(verdicts, lambda one: one.gate)
    return [
        Part(
            ROOMS.get(room, room),
            [verdict for verdict in asked.get(room, ()) if verdict.outcome != "pass"],
            [verdict for verdict in asked.get(room, ()) if verdict.outcome == "pass"],
            [
                (name.replace("-", " "), base64.b64encode(pictures[name]).decode())
                for name in drawn.get(room, ())
            ],
        )
        for room in by_room([*asked, *drawn], str)
    ]
