"""Equalized odds and equal opportunity: are those with the same outcome answered alike, whatever their group."""

from __future__ import annotations

import numpy as np

from trunkline.core.records import Figure, Interval, Verdict

from .audit import Audit, Limit, answer, too_few
from .bootstrap import joined
from .rates import Values, confidence, greatest_less_least, rates, spread
from .scored import Array
from .simultaneous import greatest_difference, level_for
from .wording import number


def equalized_odds(audit: Audit) -> Verdict | None:
    """Return the verdict on the greater difference of true or false positive rates; None where it is not asked.

    Source: Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning. Of one attribute the point
    decides; of two crossed the simultaneous interval.
    """
    if audit.policy.equalized_odds_difference is None or not audit.paired.binary:
        return None
    gate, limit = f"fairness/{audit.attribute}/equalized-odds", Limit(audit.policy.equalized_odds_difference)
    question = (
        f"Do true and false positive rates differ by at most {number(limit.value)} "
        f"between the groups of {audit.attribute}?"
    )
    conditions = {"true_positive_rate": audit.positive, "false_positive_rate": ~audit.positive}
    every = {
        name: rates(name, audit.selected, condition, audit.by, audit.policy.minimum_group)
        for name, condition in conditions.items()
    }
    found = [values for values in every.values() if values.comparable]
    missing = [_kind(name) for name, values in every.items() if not values.comparable]
    if not found:
        return too_few(audit, gate, question, limit, audit.positive)
    incomplete = ""
    if missing:
        incomplete = (
            f"The {missing[0]} rate cannot be compared: "
            f"fewer than two groups have {audit.policy.minimum_group} rows for it."
        )
    return answer(
        audit,
        gate,
        question,
        limit,
        _worst(audit, found, conditions),
        noun="The greatest difference",
        facts=" ".join(
            f"{_kind(one.name).capitalize()} rates: {one.listed()}.{one.left_out()}" for one in found
        ),
        figures=tuple(figure for one in found for figure in one.figures()),
        remedy=audit.remedy("equalized-odds"),
        point_decides=not audit.crossed,
        incomplete=incomplete,
    )


def equal_opportunity(audit: Audit) -> Verdict | None:
    """Return the verdict on the difference of true positive rates alone; None where it is not asked.

    Source: Hardt, Price and Srebro (2016), section 2. The simultaneous interval decides.
    """
    if audit.policy.equal_opportunity_difference is None or not audit.paired.binary:
        return None
    gate = f"fairness/{audit.attribute}/equal-opportunity"
    limit = Limit(audit.policy.equal_opportunity_difference)
    question = (
        f"Of those whose outcome is {audit.word}, do the shares that get the answer {audit.word} differ by at most "
        f"{number(limit.value)} between the groups of {audit.attribute}?"
    )
    found = rates("true_positive_rate", audit.selected, audit.positive, audit.by, audit.policy.minimum_group)
    if not found.comparable:
        return too_few(audit, gate, question, limit, audit.positive)
    apart = greatest_difference(found.estimates(level_for(len(found.values))))
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure("equal_opportunity_difference", apart, sum(found.rows.values())),
        noun="The greatest difference",
        facts=f"True positive rates: {found.listed()}.",
        figures=found.figures(),
        remedy=audit.remedy("true-positive-rate-parity"),
        notes=found.left_out(),
    )


def _worst(audit: Audit, found: list[Values], conditions: dict[str, Array]) -> Figure:
    """Return the greater of the differences of the rates, with its interval."""
    value = max(max(one.values.values()) - min(one.values.values()) for one in found)
    interval: Interval | None
    if audit.crossed:
        level = level_for(*(len(one.values) for one in found))
        apart = [greatest_difference(one.estimates(level)).interval for one in found]
        interval = Interval(low=max(one.low for one in apart), high=max(one.high for one in apart))
    else:
        statistics = [
            spread(
                audit.selected,
                conditions[one.name],
                {group: audit.by[group] for group in one.values},
                greatest_less_least,
            )
            for one in found
        ]
        interval = confidence(
            joined(statistics, lambda differences: np.asarray(differences.max(axis=1))),
            rows=audit.paired.rows,
            resamples=audit.resamples,
            seed=audit.seed,
        )
    return Figure(
        name="equalized_odds_difference",
        value=value,
        rows=audit.paired.rows,
        interval=interval,
        group=audit.attribute,
    )


def _kind(name: str) -> str:
    return name.removesuffix("_rate").replace("_", " ")
