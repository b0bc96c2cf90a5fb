"""Does the split let a model know the future?"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond, score_interval
from trunkline.measure.wording import measured
from trunkline.tasks import outcomes_of

from .case import SnapshotCase
from .rows import names_of
from .single_feature import event_time_score
from .split import Parts


class TimeLeakage(Gate[SnapshotCase]):
    """Temporal split: no row to learn from may be newer than the test rows (equal times may lie on both sides,
    and rows of one key stay together). Other splits with an event time: how well that time alone predicts the
    outcome on train and validation (area under the ROC curve, or R2 for regression, which has a limit of its
    own).

    Pass: The past is learned from and the newest rows are tested on, or time says little of the outcome. A
    contract without an event time is not asked.
    Fail: Newer rows were learned from; or time alone predicts the outcome better than the limit, with its whole
    interval, while the split mixes past and future.
    Inconclusive: The interval reaches back over the limit, which does not stop a release; or there are too few
    rows to measure it.
    Advice: Set `data.split.method: temporal`: the test part then is what production will be, the newest rows.
    Write dates so that they sort, as 2024-05-31.
    """

    name = "data/time-leakage"
    question = "Does the model learn from what lies after the rows that it is judged by?"
    keys = ("gates.data.time_leakage", "gates.data.time_leakage_r2", "data.split.method")

    def verdicts(self, case: SnapshotCase) -> Iterable[Verdict]:
        time, rules = case.contract.of_role(Role.TIME), case.rules
        if time is None:
            return
        limits = {"AUC": rules.time_leakage, "R2": rules.time_leakage_r2}
        limit = limits[outcomes_of(case.contract).measure]
        if case.method == "temporal":
            yield self._order(case.parts, case.contract, time.name)
        elif limit is not None:
            yield self._prediction(case.parts, case.contract, time.name, case.method, limit)

    def _order(self, parts: Parts, contract: Contract, time: str) -> Verdict:
        learned = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        test = parts["test"]
        known, asked = learned[time].dropna(), test[time].dropna()
        # Rows come sorted by time, but a snapshot from elsewhere need not be.
        newest_of_key = asked.groupby(names_of(test, contract)[asked.index]).transform("max")
        late = int((known > newest_of_key.min()).sum()) if len(asked) else 0
        early = int((asked < known.max()).sum()) if len(known) else 0
        if late:
            reason = (
                f"{late:,} of {len(learned):,} rows to learn from are newer than the oldest row of the test part "
                f"({time} {newest_of_key.min()})."
            )
        else:
            reason = f"No row to learn from is newer in {time} than the test part; equal times may lie on both sides."
            if early:
                reason += f" {early:,} test rows are older, for they belong to a key whose newest row is not."
        return self.answer(
            "fail" if late else "pass",
            question="Is every test row newer than what is learned from?",
            reason=reason,
            threshold=0.0,
            figures=(
                Figure(
                    name="learned_rows_from_the_future",
                    value=late / max(1, len(learned)),
                    rows=len(learned),
                    interval=score_interval(late / max(1, len(learned)), len(learned)),
                ),
            ),
            advice="Take the snapshot again (trunkline snapshot), and look whether the event time sorts: "
            "write dates as 2024-05-31."
            if late
            else "",
        )

    def _prediction(self, parts: Parts, contract: Contract, time: str, method: str, limit: float) -> Verdict:
        rows = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        figure = event_time_score(rows, contract)
        outcome, measure = contract.outcome.name, outcomes_of(contract).measure
        question = f"Does the event time alone tell {outcome}, while the split is {method}?"
        if figure is None or figure.interval is None:
            return self.answer(
                "inconclusive",
                question=question,
                reason=f"{len(rows):,} rows are too few to measure how well {time} alone predicts {outcome}.",
                threshold=limit,
                advice="Bring more rows.",
            )
        sure, unsure = beyond([figure], limit)
        said = f"{time} alone predicts {outcome} with {measure} {measured(figure)}; {limit:g} may."
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
            question=question,
            blocking=not unsure,
            reason=said + (" The interval reaches back over the limit." if unsure else ""),
            threshold=limit,
            figures=(figure,),
            advice="The outcome moves with time, so a shuffled test part is easier than the future will be: "
            "set data.split.method to temporal and run `trunkline snapshot`."
            if sure or unsure
            else "",
        )
