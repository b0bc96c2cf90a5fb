"""The report on a pull request: what the gates said, in Markdown that fits into one comment."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.figures import Figure
from trunkline.core.gate import room_of
from trunkline.core.verdicts import Evaluation
from trunkline.measure.wording import OUTCOME_WORDS

from .crossings import chief_figure, crossings
from .rendering import render
from .rooms import ROOMS, by_room, by_urgency, stopping

LIMIT = 65_536
"""The most characters that GitHub takes in a comment."""
NOTE = (
    "*Left out, because a comment holds no more: {}. The page that was made with this report has all of it.*"
)
HEADLINES = {
    "pass": "**PASS**: every gate that blocks is green or waived.",
    "fail": "**FAIL**: this model is not released.",
    "inconclusive": "**INCONCLUSIVE**: too little is known to release this model.",
}
MOST_STOPS = 20
"""Gates that are told at length; the others are in the tables."""


def report_markdown(evaluation: Evaluation, *, title: str, limit: int = LIMIT) -> str:
    """Return the report in fewer than `limit` characters: what matters most first, the rest folded.

    A section that would not fit is left out, and that is said.
    """
    verdicts = evaluation.verdicts
    champion = next((one for one in verdicts if one.gate == "performance/champion" and one.figures), None)
    interface = next((one for one in verdicts if one.gate == "data/interface" and one.advice), None)
    text = render(
        "report.md",
        title=title,
        headline=HEADLINES[evaluation.outcome],
        evaluation=evaluation,
        verdicts=verdicts,
        words=OUTCOME_WORDS,
        stops=stopping(verdicts),
        most_stops=MOST_STOPS,
        waived=[one for one in by_urgency(verdicts) if one.waiver is not None],
        # Where it stops the release it stands above.
        callers=interface if interface and not interface.stops else None,
        champion=champion,
        level=next((one.interval.level for one in champion.figures if one.interval), 0.95) if champion else 0,
        rooms={
            ROOMS.get(room, room): found for room, found in by_room(verdicts, lambda one: one.gate).items()
        },
        overall=[figure for figure in evaluation.figures if not figure.group],
        grouped=[figure for figure in evaluation.figures if figure.group],
        charted=_charted(evaluation),
    )
    head, *rest = text.split("\f")  # which no text of a user's holds: `plain` takes it out
    sections = [(name, body.strip()) for name, _, body in (section.partition("\n") for section in rest)]
    # The note is paid for from the start, so that leaving a section out never makes the text too long.
    room_left = limit - len(head.strip()) - len(NOTE) - sum(len(name) + 2 for name, _ in sections) - 3
    kept, left_out = [head.strip()], []
    for name, body in sections:
        if len(body) + 2 > room_left and body:
            left_out.append(name)
        elif body:
            kept.append(body)
            room_left -= len(body) + 2
    if left_out:
        kept.append(NOTE.format(", ".join(left_out)))
    return "\n\n".join(kept) + "\n"


def _charted(evaluation: Evaluation) -> Sequence[Figure]:
    """Return the figure of each group that shows best how unlike they are, where a gate on fairness is red."""
    if all(one.outcome == "pass" for one in evaluation.verdicts if room_of(one.gate) == "fairness"):
        return ()  # green ones need no picture
    chief = chief_figure(evaluation.figures)
    twofold = crossings(evaluation.figures)
    return [one for one in evaluation.figures if one.name == chief and one.group and one.group not in twofold]
