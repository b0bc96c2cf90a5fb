"""Perturbation: how far the metric falls when values go missing or are measured with noise."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from trunkline.core.contract import Column
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.raised import raised
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.limit import Limit
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.measure.wording import between, number
from trunkline.tasks.scale import scale_of

from ..case import Case
from ..performance.figures import MORE_ROWS, too_little
from ..robustness.asking import REACHES_BACK, finite_answers, sampled
from ..scored import Scored, pair_scored


class _Perturbed(Gate[Case]):
    """How far the metric falls on changed rows, with the interval of the paired bootstrap.

    Fail: The whole interval of the fall lies beyond the limit, or an answer is missing.
    Inconclusive: Only the point lies beyond it; that does not stop a release. Or there are too few rows.
    """

    def changed(self, done: str, case: Case, test: Scored, changes: dict[str, pd.Series]) -> Verdict:
        """Return the verdict on the rows with these columns, of which `done` says in words what they went through."""
        name, limit = case.policy.gates.performance.metric, Limit(case.policy.gates.robustness.fall)
        answer = partial(self.answer, threshold=limit.value)
        try:
            answers = finite_answers(case.ask, test.frame.assign(**changes))
        except Exception as error:
            return answer("fail", f"{len(test.frame):,} rows with {done} got no answer: {raised(error)}.")
        before = pair_scored(test, case.contract, other=answers)
        found, reason = case.compared(pair_scored(answers, case.contract, other=test), (name,), on=before)
        if not found:
            advice = "Correct the metric." if reason and not too_little(before) else MORE_ROWS
            reason = reason or f"{name} has no value on these {before.rows:,} rows."
            return answer("inconclusive", reason, advice=advice)
        (only,) = found
        said = f"With {done}, {name} goes from {number(only.challenger)} to {number(only.champion)}"
        scale = scale_of(find_metric(name, case.metrics), before, (only.challenger, only.champion))
        fall = scale.shared(only.difference, f"fall:{name}")
        if fall.interval is None:
            return answer(
                "inconclusive",
                f"{said}, and has no interval: too many resamples of the rows hold no value of it, as where an outcome "
                "is rare.",
                advice=MORE_ROWS,
            )
        outcome, of = limit.outcome(fall), f" of {scale.of}" if scale.of else ""
        return answer(
            outcome,
            f"{said}: a fall of {number(fall.value)}{of} ({between(fall.interval)}, {only.sample}); {limit.words()}."
            + (REACHES_BACK if outcome == "inconclusive" else ""),
            blocking=outcome != "inconclusive",
            figures=(fall,),
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

    switch = "robustness.missing"

    def verdict(self, case: Case) -> Verdict:
        share, test = case.policy.gates.robustness.missing or 0.0, sampled(case.test)
        nullable = [column for column in case.contract.features if column.nullable]
        if not nullable:
            return self.answer(
                "pass",
                "The contract lets no feature be null, and the service refuses rows that lack one.",
                blocking=False,
                figures=(Figure(name="nullable_features", value=0, rows=len(case.test.frame)),),
            )
        generator = np.random.default_rng(SEED)
        gone = {
            column.name: test.frame[column.name].mask(generator.random(len(test.frame)) < share)
            for column in nullable
        }
        done = f"{number(share)} of the values of {_listed(nullable)} taken away"
        return self.changed(done, case, test, gone)


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

    switch = "robustness.noise"

    def verdict(self, case: Case) -> Verdict:
        noise, test = case.policy.gates.robustness.noise or 0.0, sampled(case.test)
        numeric = [column for column in case.contract.features if input_of(column).quantity]
        generator = np.random.default_rng(SEED)
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
        return self.changed(f"noise on {_listed(numeric)} ({moved:,} values moved)", case, test, blurred)


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
