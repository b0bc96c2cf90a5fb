"""Performance: the figures of a model, and the gates on its floors and on a trivial baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure
from trunkline.core.policy.gates import PerformanceGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.metrics import Metrics, ignoring_inputs, standard_names, tells
from trunkline.measure.paired import Array, Paired, pair
from trunkline.measure.quality import SEED, measure_all
from trunkline.measure.scorers import find_metric
from trunkline.measure.users import counted
from trunkline.measure.wording import between, measured, number

from ..fairness.groups import group_figures, groups
from ..scored import users_of
from .baseline import unbeatable
from .comparison import Comparison, compare

FEWEST = 30
"""Rows below which no gate on performance answers."""


def measure(
    truth: Array,
    labels: Array,
    probabilities: Array | None,
    contract: Contract,
    *,
    metrics: Metrics | None = None,
    resamples: int = 1000,
    classes: Sequence[str] = (),
    names: Sequence[str] = (),
    frame: pd.DataFrame | None = None,
    minimum_group: int = FEWEST,
) -> tuple[Figure, ...]:
    """Return the standard figures of this kind of model, `names` and the project's metrics, with 95 % intervals.

    With the rows in `frame`, also the figures of each protected group and each crossing of two.
    A metric of the project's that raises has no figure; the gate `performance/metric:<name>` says why.
    """
    own = metrics or {}
    users = None if frame is None else users_of(frame, contract)
    paired = pair(truth, labels, probabilities, contract, classes=classes, users=users)
    wanted = dict.fromkeys((*standard_names(paired), *names, *own))
    figures, _ = measure_paired(paired, tuple(wanted), own, resamples=resamples, seed=SEED)
    if frame is not None and contract.protected:
        masks = groups(frame, contract)
        figures += group_figures(paired, masks, minimum=minimum_group, resamples=resamples, seed=SEED)
    return figures


def measure_paired(
    paired: Paired, names: Sequence[str], metrics: Metrics, *, resamples: int, seed: int
) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """Return a figure for each name that has a value on these rows, and for the project's that raise, why."""
    found = [find_metric(name, metrics) for name in names]
    return measure_all(paired, found, resamples=resamples, seed=seed)


def too_few(paired: Paired, part: str = "the test part") -> str:
    """Return why the rows of this part are too few for any verdict on performance, empty if they are not."""
    if paired.rows < FEWEST:
        return f"{part[0].upper()}{part[1:]} has {paired.rows} rows, and fewer than {FEWEST} say nothing."
    if paired.independent < 2:
        return f"All {paired.rows:,} rows of {part} are of one user, who says nothing of others."
    return ""


def too_little(paired: Paired, part: str = "the test part") -> str:
    """Return why the rows of this part cannot carry a comparison of performance, empty if they can."""
    return too_few(paired, part) or (_of_one_class(paired, part) + "." if paired.one_class else "")


def _of_one_class(paired: Paired, part: str) -> str:
    return f"All {paired.rows:,} outcomes of {part} are {paired.classes[int(paired.truth[0])]}"


def floor_verdict(
    name: str,
    floor: float,
    figures: Sequence[Figure],
    problems: dict[str, str],
    paired: Paired,
    metrics: Metrics,
    *,
    within: str = "",
    key: str = "gates.performance.floors",
) -> Verdict:
    """Answer whether a metric is at least its floor; the point decides, the interval is stated.

    `within` names the slice that `paired` is, and `key` where the policy has the floor.
    """
    gate = f"performance/slice:{within}:{name}" if within else f"performance/floor:{name}"
    part = f"the slice {within}" if within else "the test part"
    question = f"Is {name} at least {number(floor)} on {part}?"
    figure = next((figure for figure in figures if figure.name == name and figure.group == within), None)
    # A test part of one outcome is broken; a slice of one may be meant so, and accuracy has a value there.
    reason = (too_few if within else too_little)(paired, part) or problems.get(name, "")
    if not reason and not tells(find_metric(name, metrics), paired):
        reason = f"{_of_one_class(paired, part)}, so {name} has no value there."
    if figure is None or reason:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=floor,
            reason=reason or f"{name} has no value on these {paired.rows:,} rows.",
            advice=f"Give {part} more rows of every outcome, or correct the metric.",
        )
    passes = figure.value >= floor
    reason = (
        f"{name} is {measured(figure, counted(paired.rows, paired.users))}; the floor is {number(floor)}."
    )
    if passes and figure.interval and figure.interval.low < floor:
        reason += " The interval reaches below the floor: with other rows it could have failed."
    return Verdict(
        gate=gate,
        outcome="pass" if passes else "fail",
        question=question,
        threshold=floor,
        figures=(figure,),
        reason=reason,
        advice=""
        if passes
        else f"Improve features or candidates; or, if {number(figure.value)} is good enough for the decision, "
        f"lower {key}.{name} in a reviewed change.",
    )


def metric_verdicts(problems: dict[str, str], floors: Sequence[str]) -> tuple[Verdict, ...]:
    """Return a failing verdict for each of the project's metrics that could not be computed and has no floor."""
    return tuple(
        Verdict(
            gate=f"performance/metric:{name}",
            outcome="fail",
            question=f"Can the project's metric {name} be computed on the test part?",
            reason=problem,
            advice="Correct metrics() in model.py: it gets truth, answers and the positive probability, or None.",
        )
        for name, problem in problems.items()
        if name not in floors
    )


def baseline_verdict(
    paired: Paired, train: Paired | None, policy: PerformanceGates, metrics: Metrics
) -> Verdict:
    """Answer whether the model beats one that ignores its inputs, on the same rows by a paired bootstrap.

    That one answers the shares of the classes, or the mean, of the training rows (of the test rows without them).
    """
    question = f"Is {policy.metric} better than that of a model that ignores its inputs?"
    advice = "Look for features that carry the outcome; check that labels and rows belong together."
    gate = "performance/baseline"
    reason = too_little(paired)
    found: tuple[Comparison, ...] = ()
    if not reason:
        baseline = ignoring_inputs(paired, train or paired)
        try:
            found = compare(paired, baseline, (policy.metric,), metrics, policy.resamples, SEED)
        except ProjectError as error:
            reason = error.what
    if reason or not found:
        reason = reason or f"{policy.metric} has no value for a model that ignores its inputs."
        return Verdict(
            gate=gate, outcome="inconclusive", question=question, threshold=0.0, reason=reason, advice=advice
        )
    (only,) = found
    difference = only.difference
    if difference.value <= 0 and unbeatable(policy.metric, metrics, paired, only.champion):
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=0.0,
            figures=(difference,),
            reason=f"{policy.metric} of a model that ignores its inputs is {number(only.champion)}, and none can be "
            "better: whoever always gives the same answer maximises it, so it compares no models.",
            advice="Set gates.performance.metric to one that weighs both kinds of error, as roc_auc, "
            f"average_precision or balanced_accuracy, and put {policy.metric} among gates.performance.floors.",
        )
    low = difference.interval.low if difference.interval else -np.inf
    outcome = "fail" if difference.value <= 0 else "pass" if low > 0 else "inconclusive"
    verbs = {"pass": "beats it", "fail": "does not beat it", "inconclusive": "may beat it by chance only"}
    return Verdict(
        gate=gate,
        outcome=outcome,
        question=question,
        threshold=0.0,
        figures=(difference,),
        reason=f"The model {verbs[outcome]}: {policy.metric} {number(only.challenger)} against "
        f"{number(only.champion)}, difference {number(difference.value)} "
        f"({between(difference.interval)}, {counted(paired.rows, paired.users)}).",
        advice="" if outcome == "pass" else advice,
    )
