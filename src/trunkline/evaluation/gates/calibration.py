"""Calibration: whether what probabilities say is what happens."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from trunkline.core.figures import Figure, Interval
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.bootstrap import Statistic, draw, interval
from trunkline.measure.paired import Array, Paired
from trunkline.measure.quality import SEED
from trunkline.measure.sums import mean, ratio
from trunkline.measure.users import Users, counted
from trunkline.measure.wording import between, measured, number

from ..case import Case
from ..performance.figures import CHANCE, MORE_ROWS, too_little

MOST_BINS = 15
ROWS_A_BIN = 50
"""Fewer rows make fewer bins, so that the noise within a bin stays small beside a limit of 0.1."""


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

    def applies(self, case: Case) -> bool:
        return case.policy.gates.performance.calibration is not None

    def verdict(self, case: Case) -> Verdict:
        rules = case.policy.gates.performance
        return self.judge(case.paired, rules.calibration or 0.0, resamples=rules.resamples, seed=SEED)

    def judge(self, paired: Paired, limit: float, *, resamples: int, seed: int) -> Verdict:
        """Answer whether the expected calibration error is at most `limit`.

        Of two classes by the positive's probability, of many by the greatest probability of each row ("top label").
        """
        if paired.probabilities is None:
            return self.answer(
                "inconclusive",
                "The model gives no probabilities.",
                threshold=limit,
                # A model that never says how sure it is cannot be asked; it is told, not held up.
                blocking=False,
                advice="Offer a candidate with probabilities, or set gates.performance.calibration to null.",
            )
        if reason := too_little(paired):
            return self.answer("inconclusive", reason, threshold=limit, advice=MORE_ROWS)
        two = "two classes" in paired.traits
        what = "probabilities of " + (paired.classes[1] if two else "the answers")
        score, hit = said_and_happened(paired.probabilities, paired.truth, two)
        error, gap = calibration_figures(score, hit, resamples=resamples, seed=seed, users=paired.users)
        low = error.interval.low if error.interval else 0.0
        outcome: Outcome = "pass" if error.value <= limit else "fail" if low > limit else "inconclusive"
        return self.answer(
            outcome,
            f"The {what} are {measured(error, counted(paired.rows, paired.users))} away from what happens, on average "
            f"over bins; at most {number(limit)} is allowed. They say {number(float(score.mean()))} and "
            f"{number(float(hit.mean()))} happens: {number(abs(gap.value))} too {'high' if gap.value > 0 else 'low'} "
            f"overall ({between(gap.interval)}).{CHANCE if outcome == 'inconclusive' else ''}",
            threshold=limit,
            blocking=outcome != "inconclusive",
            figures=(error, gap),
        )


def calibration_figures(
    score: Array, hit: Array, *, resamples: int, seed: int, users: Users | None = None
) -> tuple[Figure, Figure]:
    """Return the expected calibration error, its bias removed, and the mean of what was said less what happened.

    `score` is what was said and `hit` what happened (0 or 1), both of shape (n,). The error is the mean distance of
    the two over bins of equally many rows. A distance is never below zero, so noise alone makes an error; what noise
    of the normal law adds is subtracted, as `normal_debiased_ce` of Kumar, Liang and Ma (2019), Verified uncertainty
    calibration, NeurIPS, here in closed form. Resamples have that noise twice, so their draws are moved to lie around
    the point (Efron and Tibshirani 1993, chapter 10). Users are drawn where they repeat, but the noise that is
    subtracted stays that of independent rows, so that the error then is told rather too great than too small.
    """
    rows = len(score)
    statistics = {"error": _binned(score, hit, bins_of(score)), "gap": mean(score - hit)}
    error, gap = (float(statistic(np.ones((1, rows)))[0]) for statistic in statistics.values())
    drawn = draw(statistics, rows=rows, resamples=resamples, seed=seed, users=users)
    found = interval(drawn["error"] - np.nanmean(drawn["error"]) + error, users=users)
    return (
        Figure(
            name="expected_calibration_error",
            value=max(0.0, error),
            rows=rows,
            interval=None if found is None else Interval(low=max(0.0, found.low), high=max(0.0, found.high)),
        ),
        Figure(
            name="mean_predicted_less_observed",
            value=gap,
            rows=rows,
            interval=interval(drawn["gap"], users=users),
        ),
    )


def said_and_happened(probabilities: Array, truth: Array, binary: bool) -> tuple[Array, Array]:
    """Return each row's probability of the positive class, or of the likeliest, and whether that class came (0, 1)."""
    if binary:
        return probabilities[:, 1], (truth == 1).astype(np.float64)
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == truth).astype(np.float64)


def bins_of(score: Array) -> Array:
    """Return each row's bin, from 0: as many rows in each as can be while equal scores stay together."""
    number = int(np.clip(len(score) // ROWS_A_BIN, 1, MOST_BINS))
    edges = np.unique(np.quantile(score, np.arange(1, number) / number))
    return np.asarray(np.unique(np.searchsorted(edges, score, side="right"), return_inverse=True)[1])


def _binned(score: Array, hit: Array, code: Array) -> Statistic:
    size = int(code.max()) + 1
    row = np.arange(len(score))
    cells = np.concatenate([code, code + size, code + 2 * size])
    sums = csr_array(
        (np.concatenate([score, hit, np.ones(len(score))]), (np.tile(row, 3), cells)),
        shape=(len(score), 3 * size),
    )

    def error(total: Array) -> Array:
        said, came, rows = total[:, :size], total[:, size : 2 * size], total[:, 2 * size :]
        share = ratio(came, rows, empty=0.0)
        distance = np.abs(ratio(said, rows, empty=0.0) - share)
        noise = np.sqrt(ratio(share * (1 - share), rows, empty=0.0))
        expected = _folded(distance, noise)
        weight = rows / rows.sum(axis=1, keepdims=True)
        return np.asarray((weight * (2 * distance - expected)).sum(axis=1))

    return Statistic(error, sums)


def _folded(centre: Array, spread: Array) -> Array:
    """Return the mean of the absolute value of a normal variable (Leone, Nelson and Nottingham 1961)."""
    away = ratio(centre, spread, empty=np.inf)
    return np.asarray(
        spread * np.sqrt(2 / np.pi) * np.exp(-(away**2) / 2) + centre * (1 - 2 * norm.cdf(-away))
    )
