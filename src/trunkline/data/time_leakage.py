"""Does the split let a model know the future?"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import DataGates
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.intervals import beyond, score_interval
from trunkline.measure.wording import measured

from .case import SnapshotCase
from .rows import names_of
from .single_feature import event_time_score
from .split import Parts

GATE = "data/time-leakage"


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
        found = judge_time_leakage(case.parts, case.contract, case.method, case.rules)
        return () if found is None else (found,)


def judge_time_leakage(parts: Parts, contract: Contract, method: str, policy: DataGates) -> Verdict | None:
    """Answer whether the model learns from what was not known yet; None without an event time.

    Temporal split: fail when a row of train or validation is newer than a test row. Rows of one key stay together,
    so a test row may be older than that when the newest row of its key is not; equal times may lie on both sides.
    Other splits: fail when the event time alone predicts the outcome better than the limit, for then a shuffled
    test part flatters a model that will have to answer for later times; measured on train and validation. The limit is
    `time_leakage` (AUC), for an outcome that is an amount `time_leakage_r2`; null leaves out this question alone.
    """
    time = contract.of_role(Role.TIME)
    if time is None:
        return None
    if method == "temporal":
        return _judge_order(parts, contract, time.name)
    limit = policy.time_leakage_r2 if input_of(contract.outcome).quantity else policy.time_leakage
    if limit is None:
        return None
    return _judge_prediction(parts, contract, time.name, method, limit)


def _judge_order(parts: Parts, contract: Contract, time: str) -> Verdict:
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
        reason = (
            f"No row to learn from is newer in {time} than the test part; equal times may lie on both sides."
        )
        if early:
            reason += f" {early:,} test rows are older, for they belong to a key whose newest row is not."
    return Verdict(
        gate=GATE,
        question="Is every test row newer than what is learned from?",
        outcome="fail" if late else "pass",
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


def _judge_prediction(parts: Parts, contract: Contract, time: str, method: str, limit: float) -> Verdict:
    rows = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
    figure = event_time_score(rows, contract)
    outcome, measure = contract.outcome.name, "R2" if input_of(contract.outcome).quantity else "AUC"
    question = f"Does the event time alone tell {outcome}, while the split is {method}?"
    if figure is None or figure.interval is None:
        return Verdict(
            gate=GATE,
            question=question,
            outcome="inconclusive",
            reason=f"{len(rows):,} rows are too few to measure how well {time} alone predicts {outcome}.",
            threshold=limit,
            advice="Bring more rows.",
        )
    sure, unsure = beyond([figure], limit)
    said = f"{time} alone predicts {outcome} with {measure} {measured(figure)}; {limit:g} may."
    return Verdict(
        gate=GATE,
        question=question,
        outcome="fail" if sure else "inconclusive" if unsure else "pass",
        blocking=not unsure,
        reason=said + (" The interval reaches back over the limit." if unsure else ""),
        threshold=limit,
        figures=(figure,),
        advice="The outcome moves with time, so a shuffled test part is easier than the future will be: "
        "set data.split.method to temporal and run `trunkline snapshot`."
        if sure or unsure
        else "",
    )
