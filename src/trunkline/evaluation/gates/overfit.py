"""Overfitting: is the model about as good on rows that it did not learn from."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.bootstrap import draw, interval
from trunkline.measure.limit import Limit
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.measure.users import Users, counted, number_of
from trunkline.measure.wording import between, number
from trunkline.tasks.scale import scale_of

from ..case import Case
from ..performance.figures import CHANCE, MORE_ROWS, too_little

SIMPLER = (
    "Make the model simpler (depth, leaf size, regularisation), drop features that only name rows, or train on more "
    "rows."
)
LATER = (
    " The split is temporal: the test rows are newer than the training rows, so the gap holds what changed between "
    "them too."
)
DRIFTED = (
    "Look at the cross-validated score of the search, which the training run keeps. If it is about as good as on the "
    "training rows, the model learned nothing by heart and the world has changed: train on newer rows (`data.window`), "
    "retrain more often, or take out features whose meaning moves. If it is about as low as on the test rows, it did: "
)


class Overfit(Gate[Case]):
    """The metric on the training rows less that on the test part, with the interval of two independent samples.
    For errors (`neg_...`), the gap is a share of the error of a model that ignores its inputs. Where the split is
    temporal, the gap holds drift too.

    Pass: The gap is at most the limit.
    Fail: It is greater, with its whole interval: the model has learned rows by heart, or, where the split is
    temporal, the world has changed since them.
    Inconclusive: Only the point lies beyond the limit, there are no answers on the training rows, or the model was
    trained elsewhere, so that nobody here knows its rows; none of these stops a release. Or there are too few rows to
    say.
    Advice: Make the model simpler (depth, leaf size, regularisation), drop features that only name rows, or
    train on more rows. Where the split is temporal, look at the cross-validated score of the search first: if
    it is as good as on the training rows, the world has changed, and newer rows help.
    """

    name = "performance/overfit"
    question = "Is the model about as good on rows that it did not learn from?"
    keys = ("gates.performance.overfit_gap", "gates.performance.metric")

    def verdict(self, case: Case) -> Verdict:
        paired, train, rules = case.paired, case.trained, case.policy.gates.performance
        name, share = rules.metric, rules.overfit_gap
        answer = partial(self.answer, threshold=share)
        if train is None:
            none = "There are no answers on the training rows to compare with."
            return answer("inconclusive", none, blocking=False, advice="Give the training rows.")
        if case.elsewhere:
            return answer(
                "inconclusive",
                f"Not judged: nothing was fitted here. {case.elsewhere}",
                blocking=False,
                advice="Say in learned_from=... in model.py what it learned from, and keep newer rows for the test "
                "part (data.split.method: temporal).",
            )
        metric, parts = find_metric(name, case.metrics), (train, paired)
        reason, values = too_little(paired), [math.nan]
        try:
            values = values if reason else [metric.value(part) for part in parts]
        except ProjectError as error:
            reason = error.what
        if not np.isfinite(values).all():
            return answer(
                "inconclusive", reason or f"{name} has no value on one of the two parts.", advice=MORE_ROWS
            )
        scale = scale_of(metric, paired, values)
        limit = Limit(share * scale.size)
        drawn = [
            draw(
                {"": metric.statistic(part)},
                rows=part.rows,
                resamples=rules.resamples,
                seed=SEED + shift,
                users=part.users,
            )[""]
            for shift, part in enumerate(parts)
        ]
        gap = Figure(
            name=f"gap:{name}",
            value=values[0] - values[1],
            rows=paired.rows,
            interval=interval(drawn[0] - drawn[1], users=_fewer(train.users, paired.users)),
        )
        outcome = limit.outcome(gap) if gap.interval else "inconclusive"
        straddles = outcome == "inconclusive" and gap.interval is not None
        temporal = case.policy.data.split.method == "temporal"
        advice = DRIFTED + SIMPLER[0].lower() + SIMPLER[1:] if temporal else SIMPLER
        return answer(
            outcome,
            f"{name} is {number(values[0])} on {counted(train.rows, train.users, 'training rows')} and "
            f"{number(values[1])} on {counted(paired.rows, paired.users, 'test rows')}: a gap of {number(gap.value)} "
            f"({between(gap.interval)}); at most {number(limit.value)}{scale.words(share)} is allowed."
            + (CHANCE if straddles else "")
            + (LATER if temporal else ""),
            threshold=limit.value,
            figures=(gap,),
            blocking=not straddles,
            advice="" if outcome == "pass" else "Gather more test rows. " + advice if straddles else advice,
        )


def _fewer(first: Users | None, second: Users | None) -> Users | None:
    """Return the users of the part that has fewer, None where neither has repeated ones."""
    known = [users for users in (first, second) if users is not None]
    return min(known, key=number_of) if known else None
