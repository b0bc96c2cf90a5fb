"""Drawing: a few pictures of the test rows with their objects and the answered boxes, as one small SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from trunkline.core.contract import Column
from trunkline.inputs import input_of
from trunkline.inputs.image_file import thumbnail
from trunkline.measure.paired import Paired

from .precision import picture_f1

SHOWN, ACROSS, WIDE, GAP = 6, 3, 240, 8
SURE = 0.3
"""Boxes below this score are not drawn: there are many."""
TRUTH, ANSWER = "#1a7f37", "#d9730d"


def drawn(pictures: Sequence[str], paired: Paired, column: Column, *, relative: bool = False) -> bytes:
    """Return the picture: best, worst and what lies between, by F1; objects are green, boxes orange."""
    order = picture_f1(paired).argsort(kind="stable")[::-1]
    steps = min(SHOWN, len(order))
    chosen = [int(order[round(step * (len(order) - 1) / max(1, steps - 1))]) for step in range(steps)]
    cells, heights = [], []
    for place in chosen:
        width, height = input_of(column).size(pictures[place]) or (1.0, 1.0)
        scale = WIDE / width
        heights.append(height * scale)
        small = thumbnail(pictures[place], column.thumbnail, column.maximum or float("inf"))
        sides = (width * scale, height * scale) if relative else (scale, scale)
        image = (
            f'<image width="{WIDE}" height="{height * scale:.0f}" preserveAspectRatio="none" '
            f'href="data:image/jpeg;base64,{small}"/>'
        )
        sure = [one for one in paired.labels[place] if one["score"] >= SURE]
        cells.append(
            image
            + "".join(_box(one, sides, TRUTH) for one in paired.truth[place])
            + "".join(_box(one, sides, ANSWER) for one in sure)
        )
    tall = max(heights, default=0.0) + GAP
    placed = [
        f'<g transform="translate({place % ACROSS * (WIDE + GAP)} {20 + place // ACROSS * tall:.0f})">{cell}</g>'
        for place, cell in enumerate(cells)
    ]
    width, height = ACROSS * (WIDE + GAP) - GAP, 20 + -(-len(cells) // ACROSS) * tall
    words = (
        f"From the best to the worst picture: objects green, boxes with a score of {SURE:g} or more orange"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" font-family="DejaVu Sans, sans-serif" font-size="10">'
        f'<text x="0" y="12" fill="#24292f">{words}</text>{"".join(placed)}</svg>\n'
    ).encode()


def _box(one: Mapping[str, Any], sides: tuple[float, float], colour: str) -> str:
    left, top, right, bottom = (side * size for side, size in zip(one["box"], sides * 2, strict=True))
    score = f" {one['score']:.2f}" if "score" in one else ""
    label = f'<text x="{left + 2:.1f}" y="{top + 9:.1f}" fill="{colour}">{escape(str(one["class"]))}{score}</text>'
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="1.5"/>' + (label if score else "")
    )
