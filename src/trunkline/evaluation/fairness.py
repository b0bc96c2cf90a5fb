"""Fairness: do answers and errors differ between the groups of a protected attribute.

The point decides, as the four-fifths rule does; its bootstrap interval is stated and said in the reason. A rate is
compared between groups only where each has at least the policy's minimum of the rows that the rate is taken over.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trunkline.core.gates import FairnessGates
from trunkline.core.records import Figure, Verdict

from .bootstrap import Statistic, joined
from .rates import (
    Masks,
    confidence,
    greatest_less_least,
    judged_groups,
    least_over_greatest,
    left_out,
    listed,
    rate_figures,
    rates,
    spread,
)
from .scored import Array, Paired
from .weighted import mean, within
from .wording import between, number


def fairness_verdicts(
    paired: Paired,
    masks: Mapping[str, Masks],
    policy: FairnessGates,
    *,
    resamples: int,
    seed: int,
) -> tuple[Verdict, ...]:
    """Answer the fairness gates of each attribute in `masks`: attribute to groups (`colour=Black`) to rows.

    With a positive outcome: demographic parity, and for two classes equalized odds. Else the gap of the errors.
    """
    verdicts = []
    for attribute, by in masks.items():
        if paired.positive is None or not paired.classes:
            verdicts.append(_error_gap(attribute, paired, by, policy, resamples, seed))
            continue
        verdicts.append(_demographic_parity(attribute, paired, by, policy, resamples, seed))
        if paired.binary:
            verdicts.append(_equalized_odds(attribute, paired, by, policy, resamples, seed))
    return tuple(verdicts)


def _demographic_parity(
    attribute: str, paired: Paired, by: Masks, policy: FairnessGates, resamples: int, seed: int
) -> Verdict:
    """Feldman et al. (2015), Certifying and removing disparate impact: least over greatest selection rate."""
    gate, least = f"fairness/{attribute}/demographic-parity", policy.demographic_parity_ratio or 0.0
    word = _positive(paired)
    question = (
        f"Is the least share of {word} answers among the groups of {attribute} "
        f"at least {number(least)} times the greatest?"
    )
    selected = paired.labels == paired.positive
    everyone = np.ones(paired.rows, dtype=bool)
    judged, small = judged_groups(by, everyone, policy.minimum_group)
    if len(judged) < 2:
        return _too_few(gate, question, attribute, by, everyone, policy, threshold=least)
    found = rates(selected, everyone, judged)
    if max(found.values()) == 0:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=least,
            blocking=policy.blocking,
            reason=f"No group of {attribute} gets the answer {word}, so there are no shares to compare.",
            advice="Look at the model's threshold and at the confusion matrix.",
        )
    ratio = Figure(
        name="demographic_parity_ratio",
        value=min(found.values()) / max(found.values()),
        rows=sum(int(mask.sum()) for mask in judged.values()),
        interval=confidence(
            spread(selected, everyone, judged, least_over_greatest),
            rows=paired.rows,
            resamples=resamples,
            seed=seed,
        ),
        group=attribute,
    )
    passes = ratio.value >= least
    notes = left_out(small) + _same_for_all(found, word)
    return Verdict(
        gate=gate,
        outcome="pass" if passes else "fail",
        question=question,
        threshold=least,
        blocking=policy.blocking,
        figures=(ratio, *rate_figures("selection_rate", found, judged, everyone)),
        reason=f"Shares of {word} answers: {listed(found, judged, everyone)}. Least over greatest is "
        f"{number(ratio.value)} ({between(ratio.interval)}); at least {number(least)} is asked.{notes}",
        advice="" if passes else _advice(attribute),
    )


def _equalized_odds(
    attribute: str, paired: Paired, by: Masks, policy: FairnessGates, resamples: int, seed: int
) -> Verdict:
    """Hardt, Price and Srebro (2016), Equality of opportunity: the greater of the two rates' differences."""
    gate, most = f"fairness/{attribute}/equalized-odds", policy.equalized_odds_difference or 0.0
    question = f"Do true and false positive rates differ by at most {number(most)} between the groups of {attribute}?"
    selected, positive = paired.labels == paired.positive, paired.truth == paired.positive
    parts = {"true_positive_rate": positive, "false_positive_rate": ~positive}
    statistics: list[Statistic] = []
    figures: list[Figure] = []
    words: list[str] = []
    missing: list[str] = []
    for name, condition in parts.items():
        kind = name.removesuffix("_rate").replace("_", " ")
        judged, small = judged_groups(by, condition, policy.minimum_group)
        if len(judged) < 2:
            missing.append(kind)
            continue
        found = rates(selected, condition, judged)
        statistics.append(spread(selected, condition, judged, greatest_less_least))
        figures += rate_figures(name, found, judged, condition)
        words.append(f"{kind.capitalize()} rates: {listed(found, judged, condition)}.{left_out(small)}")
    if not statistics:
        return _too_few(gate, question, attribute, by, parts["true_positive_rate"], policy, threshold=most)

    worst = joined(statistics, lambda differences: np.asarray(differences.max(axis=1)))
    total = Figure(
        name="equalized_odds_difference",
        value=float(worst(np.ones((1, paired.rows)))[0]),
        rows=paired.rows,
        interval=confidence(worst, rows=paired.rows, resamples=resamples, seed=seed),
        group=attribute,
    )
    passes = total.value <= most
    outcome = "fail" if not passes else "inconclusive" if missing else "pass"
    if missing:
        words.append(
            f"The {missing[0]} rate cannot be compared: fewer than two groups have {policy.minimum_group} rows for it."
        )
    return Verdict(
        gate=gate,
        outcome=outcome,
        question=question,
        threshold=most,
        blocking=policy.blocking and outcome != "inconclusive",
        figures=(total, *figures),
        reason=f"The greatest difference is {number(total.value)} ({between(total.interval)}); at most "
        f"{number(most)} is allowed. {' '.join(words)}",
        advice="" if outcome == "pass" else _advice(attribute),
    )


def _error_gap(
    attribute: str, paired: Paired, by: Masks, policy: FairnessGates, resamples: int, seed: int
) -> Verdict:
    """Least over greatest mean absolute error (regression) or accuracy (many classes), by the four-fifths rule."""
    gate, least = f"fairness/{attribute}/error-gap", policy.error_ratio or 0.0
    noun = "accuracy" if paired.classes else "mean absolute error"
    question = (
        f"Is the least {noun} among the groups of {attribute} at least {number(least)} of the greatest?"
    )
    everyone = np.ones(paired.rows, dtype=bool)
    values = (
        (paired.labels == paired.truth).astype(float)
        if paired.classes
        else np.abs(paired.labels - paired.truth)
    )
    judged, small = judged_groups(by, everyone, policy.minimum_group)
    if len(judged) < 2:
        return _too_few(gate, question, attribute, by, everyone, policy, threshold=least)
    statistic = joined([within(mask, mean(values[mask])) for mask in judged.values()], least_over_greatest)
    means = {group: float(values[mask].mean()) for group, mask in judged.items()}
    greatest = max(means.values())
    ratio = Figure(
        name="error_ratio" if not paired.classes else "accuracy_ratio",
        value=min(means.values()) / greatest if greatest else 1.0,
        rows=sum(int(mask.sum()) for mask in judged.values()),
        interval=confidence(statistic, rows=paired.rows, resamples=resamples, seed=seed),
        group=attribute,
    )
    passes = ratio.value >= least
    name = "accuracy" if paired.classes else "mean_absolute_error"
    return Verdict(
        gate=gate,
        outcome="pass" if passes else "fail",
        question=question,
        threshold=least,
        blocking=policy.blocking,
        figures=(ratio, *rate_figures(name, means, judged, everyone)),
        reason=f"By group, {noun}: {listed(means, judged, everyone)}. Least over greatest is "
        f"{number(ratio.value)} ({between(ratio.interval)}); at least {number(least)} is asked.{left_out(small)}",
        advice="" if passes else _advice(attribute),
    )


def _same_for_all(found: dict[str, float], word: str) -> str:
    """Return a warning where every row gets the positive answer: alike, but only because nothing is decided."""
    if min(found.values()) < 1:
        return ""
    return f" Every row gets the answer {word}, so this says nothing of how the scores of the groups differ."


def _positive(paired: Paired) -> str:
    return paired.classes[paired.positive or 0]


def _advice(attribute: str) -> str:
    return (
        f"Look at the figures by {attribute} on the report; try other features or a candidate with a fairness "
        "constraint (fairlearn), or waive it with an owner, a reason and an expiry date."
    )


def _too_few(
    gate: str,
    question: str,
    attribute: str,
    by: Masks,
    condition: Array,
    policy: FairnessGates,
    *,
    threshold: float,
) -> Verdict:
    _, small = judged_groups(by, condition, policy.minimum_group)
    return Verdict(
        gate=gate,
        outcome="inconclusive",
        question=question,
        threshold=threshold,
        blocking=policy.blocking,
        reason=f"Fewer than two groups of {attribute} have {policy.minimum_group} rows to compare.{left_out(small)}",
        advice="Gather more test rows, join small groups (categories, or `bands` of a number), or lower "
        "gates.fairness.minimum_group.",
    )
