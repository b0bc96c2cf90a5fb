"""Calibration: whether what probabilities say is what happens."""

from __future__ import annotations

from functools import partial

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.calibration import calibration_figures, said_and_happened
from trunkline.measure.limit import Limit
from trunkline.measure.quality import SEED
from trunkline.measure.users import counted
from trunkline.measure.wording import between, measured, number

from ..case import Case
from ..performance.figures import CHANCE, MORE_ROWS, too_little


class Calibration(Gate[Case]):
    """The mean distance between what probabilities say and how often it happens, over bins of equally many rows
    (expected calibration error). Noise alone makes such an error; what it adds is taken off. The interval is
    that of users where these repeat; the noise that is taken off is that of independent rows, so the distance
    is then told rather too great. Many classes: of the likeliest class.

    Pass: The distance is at most the limit. A regression is not asked.
    Fail: The whole interval lies beyond it: who decides by these probabilities is misled.
    Inconclusive: Only the point lies beyond it, or the classifier gives no probabilities; neither stops a
    release. Fewer than 30 rows in the test part, or a single outcome there, do.
    Advice: Calibrate the candidate (scikit-learn's CalibratedClassifierCV: sigmoid with few rows, isotonic from a
    thousand on). Class weights and resampled training rows shift probabilities: leave them out, or calibrate after
    them. If only the ranking is used, raise gates.performance.calibration in a reviewed change.
    Source: Kumar, Liang and Ma (2019), Verified uncertainty calibration.
    """

    name = "performance/calibration"
    question = "Do things happen as often as the model says?"
    keys = ("gates.performance.calibration",)
    switch = "performance.calibration"

    def verdict(self, case: Case) -> Verdict:
        rules, paired = case.policy.gates.performance, case.paired
        limit = Limit(rules.calibration or 0.0)
        answer = partial(self.answer, threshold=limit.value)
        if paired.probabilities is None:
            return answer(
                "inconclusive",
                "The model gives no probabilities.",
                # A model that never says how sure it is cannot be asked; it is told, not held up.
                blocking=False,
                advice="Offer a candidate with probabilities, or set gates.performance.calibration to null.",
            )
        if reason := too_little(paired):
            return answer("inconclusive", reason, advice=MORE_ROWS)
        two = "two classes" in paired.traits
        what = "probabilities of " + (paired.classes[1] if two else "the answers")
        score, hit = said_and_happened(paired.probabilities, paired.truth, two)
        figures = calibration_figures(score, hit, resamples=rules.resamples, seed=SEED, users=paired.users)
        error, gap = figures
        outcome = limit.outcome(error)
        return answer(
            outcome,
            f"The {what} are {measured(error, counted(paired.rows, paired.users))} away from what happens, on average "
            f"over bins; {limit.words()}. They say {number(float(score.mean()))} and {number(float(hit.mean()))} "
            f"happens: {number(abs(gap.value))} too {'high' if gap.value > 0 else 'low'} overall "
            f"({between(gap.interval)}).{CHANCE if outcome == 'inconclusive' else ''}",
            blocking=outcome != "inconclusive",
            figures=figures,
        )
