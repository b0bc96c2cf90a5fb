"""Perturbation: how far the metric falls when values go missing or are measured with noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

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
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.measure.users import counted
from trunkline.measure.wording import between, number

from ..case import Case
from ..performance.figures import MORE_ROWS, too_little
from ..performance.scale import scale_of
from ..robustness.asking import REACHES_BACK, Ask, evenly, finite_answers, taken, what_happened
from ..scored import Scored, pair_scored

ROWS = 20_000
"""Rows that are changed and asked again at most, spread evenly."""


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

    @classmethod
    def of(cls, case: Case) -> Yardstick:
        """Return the one that a policy names."""
        rules = case.policy.gates.performance
        return cls(rules.metric, case.policy.gates.robustness.fall, case.metrics, rules.resamples, SEED)


class _Perturbed(Gate[Case]):
    """How far the metric falls on changed rows, with the interval of the paired bootstrap.

    Fail: The whole interval of the fall lies beyond the limit, or an answer is missing.
    Inconclusive: Only the point lies beyond it; that does not stop a release. Or there are too few rows.
    """

    def changed(
        self,
        done: str,
        ask: Ask,
        test: Scored,
        changes: dict[str, pd.Series],
        contract: Contract,
        by: Yardstick,
    ) -> Verdict:
        """Return the verdict on the rows with these columns, of which `done` says in words what they went through."""
        answer = partial(self.answer, threshold=by.limit)
        try:
            answers = finite_answers(ask, test.frame.assign(**changes))
        except Exception as error:
            return answer(
                "fail", f"{len(test.frame):,} rows with {done} got no answer: {what_happened(error)}."
            )
        before, after = (
            pair_scored(test, contract, other=answers),
            pair_scored(answers, contract, other=test),
        )
        metric, reason, values = find_metric(by.metric, by.metrics), too_little(before), []
        try:
            values = [] if reason else [metric.value(before), metric.value(after)]
            if reason or not np.isfinite(values).all():
                reason = reason or f"{by.metric} has no value on these {before.rows:,} rows."
                return answer("inconclusive", reason, advice=MORE_ROWS)
            statistic = metric.statistic(before).minus(metric.statistic(after))
            drawn = draw(
                {"": statistic}, rows=before.rows, resamples=by.resamples, seed=by.seed, users=before.users
            )
        except ProjectError as error:
            return answer("inconclusive", error.what, advice="Correct the metric.")
        first, second = values
        scale = scale_of(by.metric, by.metrics, before, values)
        figure = Figure(
            name=f"fall:{by.metric}",
            value=(first - second) / scale.size,
            rows=before.rows,
            interval=interval(drawn[""] / scale.size, users=before.users),
        )
        said = f"With {done}, {by.metric} goes from {number(first)} to {number(second)}"
        if figure.interval is None:
            return answer(
                "inconclusive",
                f"{said}, and has no interval: too many resamples of the rows hold no value of it, as where an outcome "
                "is rare.",
                advice=MORE_ROWS,
            )
        over = figure.value > by.limit
        straddles = over and figure.interval.low <= by.limit
        of = f" of {scale.of}" if scale.of else ""
        return answer(
            "inconclusive" if straddles else "fail" if over else "pass",
            f"{said}: a fall of {number(figure.value)}{of} ({between(figure.interval)}, "
            f"{counted(before.rows, before.users)}); at most {number(by.limit)} is allowed."
            + (REACHES_BACK if straddles else ""),
            blocking=not straddles,
            figures=(figure,),
        )


class Missing(_Perturbed):
    """A share of the values of each feature that may be null is taken away; how far the metric falls, on the
    same rows, with the interval of the paired bootstrap. Errors (`neg_...`) fall by a share of the error of a
    model that ignores its inputs, the project's own metrics by a share of the greater value.

    Pass: It falls by no more than the limit. Without a nullable feature there is nothing to ask: the service
    refuses nulls.
    Advice: Impute inside the pipeline (SimpleImputer with add_indicator, or a model that reads nulls); train on rows
    with nulls like those to come; or make the feature not nullable, so that the service refuses such rows.
    """

    name = "robustness/missing"
    question = "Does the model bear missing values?"
    keys = ("gates.robustness.missing", "gates.robustness.fall", "gates.performance.metric")

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.missing is not None

    def verdict(self, case: Case) -> Verdict:
        share = case.policy.gates.robustness.missing or 0.0
        return self.judge(case.ask, case.test, case.contract, share, Yardstick.of(case))

    def judge(self, ask: Ask, test: Scored, contract: Contract, share: float, by: Yardstick) -> Verdict:
        """Answer how far the metric falls when that share of each feature that may be null is taken away."""
        nullable = [column for column in contract.features if column.nullable]
        if not nullable:
            return self.answer(
                "pass",
                "The contract lets no feature be null, and the service refuses rows that lack one.",
                blocking=False,
                figures=(Figure(name="nullable_features", value=0, rows=len(test.frame)),),
            )
        generator = np.random.default_rng(by.seed)
        test = taken(test, evenly(len(test.frame), ROWS))
        gone = {
            column.name: test.frame[column.name].mask(generator.random(len(test.frame)) < share)
            for column in nullable
        }
        done = f"{number(share)} of the values of {_listed(nullable)} taken away"
        return self.changed(done, ask, test, gone, contract, by)


class Noise(_Perturbed):
    """Gaussian noise is added to every number, in shares of its standard deviation, whole numbers rounded and
    kept in the contract's range; how far the metric falls, with the interval of the paired bootstrap.

    Pass: It falls by no more than the limit, or the model is given no number.
    Advice: Look for features with steep steps (fine bins, ratios by small numbers, deep trees on raw
    measurements); smooth or regularise them, or train on rows with such noise.
    """

    name = "robustness/noise"
    question = "Does the model bear noise in its numbers?"
    keys = ("gates.robustness.noise", "gates.robustness.fall", "gates.performance.metric")

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.noise is not None

    def verdict(self, case: Case) -> Verdict:
        noise = case.policy.gates.robustness.noise or 0.0
        return self.judge(case.ask, case.test, case.contract, noise, Yardstick.of(case))

    def judge(self, ask: Ask, test: Scored, contract: Contract, noise: float, by: Yardstick) -> Verdict:
        """Answer how far the metric falls when every number is measured with Gaussian noise.

        The noise has `noise` times the column's standard deviation; whole numbers stay whole, ranges are kept.
        """
        numeric = [column for column in contract.features if input_of(column).quantity]
        generator = np.random.default_rng(by.seed)
        test = taken(test, evenly(len(test.frame), ROWS))
        blurred = {
            column.name: _blurred(test.frame[column.name], column, noise, generator) for column in numeric
        }
        moved = sum(
            int((values != test.frame[name]).fillna(False).to_numpy(dtype=bool).sum())
            for name, values in blurred.items()
        )
        if not moved:
            none = "No number changes under so little noise." if numeric else "The model is given no number."
            figure = Figure(name="values_moved", value=0, rows=len(test.frame))
            return self.answer("pass", none, blocking=False, figures=(figure,))
        return self.changed(
            f"noise on {_listed(numeric)} ({moved:,} values moved)", ask, test, blurred, contract, by
        )


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


def _listed(columns: list[Column]) -> str:
    names = [column.name for column in columns]
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"
