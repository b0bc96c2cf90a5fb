"""Perturbation: how far the metric falls when values go missing or are measured with noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.bootstrap import draw, interval
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Paired
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.measure.users import counted
from trunkline.measure.wording import between, number

from ..case import Case
from ..performance.figures import too_little
from ..performance.scale import Scale, scale_of
from ..robustness.asking import Ask, evenly, finite_answers, taken, what_happened
from ..scored import Scored, pair_scored

ROWS = 20_000
"""Rows that are changed and asked again at most, spread evenly."""


@dataclass(frozen=True)
class Fall:
    """How far a metric falls, in shares of `scale`, and its values before and after."""

    figure: Figure
    before: float
    after: float
    scale: Scale


@dataclass(frozen=True)
class Yardstick:
    """How a fall is measured: of which metric, how much is allowed, on how many resamples.

    What the fall of a metric is a share of: `scale_of`.
    """

    metric: str
    limit: float
    metrics: Metrics
    resamples: int
    seed: int

    def fall(self, before: Paired, after: Paired) -> Fall | None:
        """Return how far the metric falls, with a paired bootstrap interval; None if undefined.

        Raises ProjectError when the project's metric raises.
        """
        metric = find_metric(self.metric, self.metrics)
        first, second = metric.value(before), metric.value(after)
        if not np.isfinite([first, second]).all():
            return None
        scale = scale_of(self.metric, self.metrics, before, (first, second))
        statistic = metric.statistic(before).minus(metric.statistic(after))
        drawn = draw(
            {"": statistic}, rows=before.rows, resamples=self.resamples, seed=self.seed, users=before.users
        )[""]
        figure = Figure(
            name=f"fall:{self.metric}",
            value=(first - second) / scale.size,
            rows=before.rows,
            interval=interval(drawn / scale.size, users=before.users),
        )
        return Fall(figure, first, second, scale)


class Noise(Gate[Case]):
    """Gaussian noise is added to every number, in shares of its standard deviation, whole numbers rounded and
    kept in the contract's range; how far the metric falls, with the interval of the paired bootstrap.

    Pass: It falls by no more than the limit, or the model is given no number.
    Fail: The whole interval of the fall lies beyond the limit, or an answer is missing.
    Inconclusive: Only the point lies beyond it; that does not stop a release. Or there are too few rows.
    Advice: Look for features with steep steps (fine bins, ratios by small numbers, deep trees on raw
    measurements); smooth or regularise them, or train on rows with such noise.
    """

    name = "robustness/noise"
    question = "Does the model bear noise in its numbers?"
    keys = ("gates.robustness.noise", "gates.robustness.fall", "gates.performance.metric")

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.noise is not None

    def verdict(self, case: Case) -> Verdict:
        return noise_verdict(
            case.ask, case.test, case.contract, case.policy.gates.robustness.noise or 0.0, _yardstick(case)
        )


class Missing(Gate[Case]):
    """A share of the values of each feature that may be null is taken away; how far the metric falls, on the
    same rows, with the interval of the paired bootstrap. Errors (`neg_...`) fall by a share of the error of a
    model that ignores its inputs, the project's own metrics by a share of the greater value.

    Pass: It falls by no more than the limit. Without a nullable feature there is nothing to ask: the service
    refuses nulls.
    Fail: The whole interval of the fall lies beyond the limit, or an answer is missing.
    Inconclusive: Only the point lies beyond it; that does not stop a release. Or there are too few rows.
    Advice: Impute inside the pipeline, train on rows with nulls, or declare the feature not nullable so that
    such requests are refused.
    """

    name = "robustness/missing"
    question = "Does the model bear missing values?"
    keys = ("gates.robustness.missing", "gates.robustness.fall", "gates.performance.metric")

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.missing is not None

    def verdict(self, case: Case) -> Verdict:
        return missing_verdict(
            case.ask, case.test, case.contract, case.policy.gates.robustness.missing or 0.0, _yardstick(case)
        )


def _yardstick(case: Case) -> Yardstick:
    rules = case.policy.gates.performance
    return Yardstick(rules.metric, case.policy.gates.robustness.fall, case.metrics, rules.resamples, SEED)


def missing_verdict(ask: Ask, test: Scored, contract: Contract, share: float, by: Yardstick) -> Verdict:
    """Answer how far the metric falls when that share of each feature that may be null is taken away."""
    gate = "robustness/missing"
    question = f"Does {by.metric} stand {number(share)} of the values that may be null going missing?"
    nullable = [column for column in contract.features if column.nullable]
    if not nullable:
        return Verdict(
            gate=gate,
            outcome="pass",
            blocking=False,
            question=question,
            figures=(Figure(name="nullable_features", value=0, rows=len(test.frame)),),
            reason="The contract lets no feature be null, and the service refuses rows that lack one.",
        )
    generator = np.random.default_rng(by.seed)
    test = taken(test, evenly(len(test.frame), ROWS))
    gone = {
        column.name: test.frame[column.name].mask(generator.random(len(test.frame)) < share)
        for column in nullable
    }
    advice = (
        "Impute inside the pipeline (SimpleImputer with add_indicator, or a model that reads nulls); train on rows "
        "with nulls like those to come; or make the feature not nullable, so that the service refuses such rows."
    )
    done = f"{number(share)} of the values of {_listed(nullable)} taken away"
    return _verdict(gate, question, advice, done, ask, test, gone, contract, by)


def noise_verdict(ask: Ask, test: Scored, contract: Contract, noise: float, by: Yardstick) -> Verdict:
    """Answer how far the metric falls when every number is measured with Gaussian noise.

    The noise has `noise` times the column's standard deviation; whole numbers stay whole, ranges are kept.
    """
    gate = "robustness/noise"
    question = (
        f"Does {by.metric} stand noise of {number(noise)} standard deviations on every number it is given?"
    )
    numeric = [column for column in contract.features if input_of(column).quantity]
    generator = np.random.default_rng(by.seed)
    test = taken(test, evenly(len(test.frame), ROWS))
    blurred = {column.name: _blurred(test.frame[column.name], column, noise, generator) for column in numeric}
    moved = sum(
        int((blurred[name] != test.frame[name]).fillna(False).to_numpy(dtype=bool).sum()) for name in blurred
    )
    if not moved:
        none = "The model is given no number." if not numeric else "No number changes under so little noise."
        figure = Figure(name="values_moved", value=0, rows=len(test.frame))
        return Verdict(
            gate=gate, outcome="pass", blocking=False, question=question, figures=(figure,), reason=none
        )
    advice = (
        "Look for features with steep steps (fine bins, ratios by small numbers, deep trees on raw measurements); "
        "smooth or regularise them, or train on rows with such noise."
    )
    done = f"noise on {_listed(numeric)} ({moved:,} values moved)"
    return _verdict(gate, question, advice, done, ask, test, blurred, contract, by)


def _blurred(values: pd.Series, column: Column, noise: float, generator: np.random.Generator) -> pd.Series:
    known = values.to_numpy(dtype=np.float64, na_value=np.nan)
    spread = float(np.nanstd(known)) if np.isfinite(known).any() else 0.0
    shift = generator.normal(scale=noise * spread, size=len(values))
    low, high = column.minimum, column.maximum
    if input_of(column).whole:
        low = None if low is None else math.ceil(low)
        high = None if high is None else math.floor(high)
        return (values + np.rint(shift).astype(np.int64)).clip(lower=low, upper=high)
    return (values + shift).clip(lower=low, upper=high)


def _verdict(
    gate: str,
    question: str,
    advice: str,
    done: str,
    ask: Ask,
    test: Scored,
    changed: dict[str, pd.Series],
    contract: Contract,
    by: Yardstick,
) -> Verdict:
    reason = ""
    found = None
    try:
        answers = finite_answers(ask, test.frame.assign(**changed))
    except Exception as error:
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=by.limit,
            reason=f"{len(test.frame):,} rows with {done} got no answer: {what_happened(error)}.",
            advice=advice,
        )
    before = pair_scored(test, contract, beside=answers)
    if not (reason := too_little(before)):
        try:
            found = by.fall(before, pair_scored(answers, contract, beside=test))
        except ProjectError as error:
            reason = error.what
    if found is not None and found.figure.interval is None:
        reason = (
            f"With {done}, {by.metric} goes from {number(found.before)} to {number(found.after)}, and has no "
            "interval: too many resamples of the rows hold no value of it, as where an outcome is rare."
        )
    if found is None or found.figure.interval is None:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=by.limit,
            reason=reason or f"{by.metric} has no value on these {before.rows:,} rows.",
            advice="Give the test part more rows of every outcome, or correct the metric.",
        )
    figure = found.figure
    over, span = figure.value > by.limit, figure.interval
    straddles = over and span is not None and span.low <= by.limit
    share = f" of {found.scale.of}" if found.scale.of else ""
    reason = (
        f"With {done}, {by.metric} goes from {number(found.before)} to {number(found.after)}: a fall of "
        f"{number(figure.value)}"
        f"{share} ({between(span)}, {counted(before.rows, before.users)}); at most {number(by.limit)} is allowed."
    )
    if straddles:
        reason += " The interval reaches back below the limit, so these rows cannot tell."
    return Verdict(
        gate=gate,
        outcome="inconclusive" if straddles else "fail" if over else "pass",
        blocking=not straddles,
        question=question,
        threshold=by.limit,
        figures=(figure,),
        reason=reason,
        advice=advice if over else "",
    )


def _listed(columns: list[Column]) -> str:
    names = [column.name for column in columns]
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"
