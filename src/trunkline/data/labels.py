"""Do the outcomes make sense by themselves: does a box have an area, lie in its picture, come once?"""

from __future__ import annotations

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import score_interval
from trunkline.tasks import outcomes_of

from .case import SnapshotCase

SHOWN = 5


class Labels(Gate[SnapshotCase]):
    """The outcomes are looked at one by one, in all parts. Detection: a box without an area, a box that reaches more
    than a pixel out of its picture, and a box that comes twice in one picture. These rows are counted, so the share
    itself decides, not its interval. A model that learns from such labels learns what is not there, and test rows
    with them judge wrongly.

    Pass: No larger share of the rows has such a label than is allowed.
    Fail: A larger share has.
    Inconclusive: Never.
    Advice: Mend them where they come from, or in load(): `sound_boxes` of trunkline.data cuts and drops them.
    """

    name = "data/labels"
    question = "Do the outcomes make sense by themselves?"
    keys = ("gates.data.labels",)

    def applies(self, case: SnapshotCase) -> bool:
        return bool(outcomes_of(case.contract).faults)

    def verdict(self, case: SnapshotCase) -> Verdict:
        rows, most, asked = case.rows, case.rules.labels, outcomes_of(case.contract)
        found = asked.faulty(rows, case.contract)
        faulty = {place for places in found.values() for place in places}
        share = len(faulty) / max(1, len(rows))
        said = [
            f"{len(found[kind]):,} {kind}{_named(found[kind])}" for kind in asked.faults if found.get(kind)
        ]
        figures = [
            Figure(
                name="rows",
                value=len(found.get(kind, ())) / max(1, len(rows)),
                rows=len(rows),
                group=f"fault={kind}",
            )
            for kind in asked.faults
        ]
        return self.answer(
            "fail" if share > most else "pass",
            reason=f"Of {len(rows):,} rows: {'; '.join(said)}."
            if said
            else f"All {len(rows):,} rows have outcomes that make sense.",
            threshold=most,
            figures=(
                Figure(name="labels", value=share, rows=len(rows), interval=score_interval(share, len(rows))),
                *figures,
            ),
            advice="Mend them in load(): `sound_boxes` of trunkline.data drops them; or raise gates.data.labels."
            if share > most
            else "",
        )


def _named(places: list[str]) -> str:
    more = len(places) - SHOWN
    return f" ({', '.join(places[:SHOWN])}" + (f" and {more:,} more)" if more > 0 else ")")
