"""Is the model better than one that ignores its inputs?"""

from __future__ import annotations

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.scorers import find_metric
from trunkline.measure.wording import between, number
from trunkline.tasks import task_of
from trunkline.tasks.scale import unbeatable

from ..case import Case


class Baseline(Gate[Case]):
    """The metric of the model less that of one that answers the shares of the classes (or the mean) of the
    training rows, on the same rows, with the interval of the paired bootstrap.

    Pass: The whole interval lies above zero.
    Fail: The model is no better.
    Inconclusive: It is better, but by no more than chance would give. Or none can be better by this metric:
    always the same answer maximises it, as recall where most rows are positive; both stop a release, and so do
    fewer than 30 rows in the test part or a single outcome there.
    Advice: Look for features that carry the outcome; check that labels and rows belong together. Where none can
    be better, compare by another metric (roc_auc, average_precision, balanced_accuracy) and give this one a
    floor.
    """

    name = "performance/baseline"
    question = "Is the model better than one that ignores its inputs?"
    keys = ("gates.performance.baseline", "gates.performance.metric")
    switch = "performance.baseline"

    def verdict(self, case: Case) -> Verdict:
        paired, name = case.paired, case.policy.gates.performance.metric
        found, reason = case.compared(task_of(paired).baseline(paired, case.trained or paired), (name,))
        if not found:
            reason = reason or f"{name} has no value for a model that ignores its inputs."
            return self.answer("inconclusive", reason, threshold=0.0)
        (only,) = found
        gain = only.difference
        if gain.value <= 0 and unbeatable(find_metric(name, case.metrics), paired, only.champion):
            return self.answer(
                "inconclusive",
                f"{name} of a model that ignores its inputs is {number(only.champion)}, and none can be better: who "
                "always gives the same answer maximises it, so it compares no models.",
                threshold=0.0,
                figures=(gain,),
                advice="Set gates.performance.metric to one that weighs both kinds of error, as roc_auc, "
                f"average_precision or balanced_accuracy, and put {name} among gates.performance.floors.",
            )
        sure = gain.interval is not None and gain.interval.low > 0
        outcome: Outcome = "fail" if gain.value <= 0 else "pass" if sure else "inconclusive"
        verbs = {"pass": "beats it", "fail": "does not beat it", "inconclusive": "may beat it by chance only"}
        return self.answer(
            outcome,
            f"The model {verbs[outcome]}: {name} {number(only.challenger)} against {number(only.champion)}, difference "
            f"{number(gain.value)} ({between(gain.interval)}, {only.sample}).",
            threshold=0.0,
            figures=(gain,),
        )
