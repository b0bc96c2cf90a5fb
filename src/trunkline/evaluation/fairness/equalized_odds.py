"""Equalized odds and equal opportunity: are those with the same outcome answered alike, whatever their group."""

from __future__ import annotations

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Verdict
from trunkline.measure.wording import number

from .audit import Audit, Limit, answer, too_few
from .rates import Values, left_out, rates
from .simultaneous import greatest_difference, level_for


def equalized_odds(audit: Audit) -> Verdict | None:
    """Return the verdict on the greater difference of true or false positive rates; None where it is not asked.

    Source: Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning.
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
        name: rates(name, audit.selected, condition, audit.by, audit.policy.minimum_group, audit.paired.users)
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
        _worst(audit, found),
        noun="The greatest difference of true or false positive rates",
        facts=" ".join(f"{_kind(one.name).capitalize()} rates: {one.listed()}." for one in found),
        figures=tuple(figure for one in found for figure in one.figures()),
        remedy=audit.remedy("equalized-odds"),
        small=_left_out(found, audit.policy.minimum_group),
        incomplete=incomplete,
    )


def equal_opportunity(audit: Audit) -> Verdict | None:
    """Return the verdict on the difference of true positive rates alone; None where it is not asked.

    Source: Hardt, Price and Srebro (2016), section 2.
    """
    if audit.policy.equal_opportunity_difference is None or not audit.paired.binary:
        return None
    gate = f"fairness/{audit.attribute}/equal-opportunity"
    limit = Limit(audit.policy.equal_opportunity_difference)
    question = (
        f"Of those whose outcome is {audit.word}, do the shares that get the answer {audit.word} differ by at most "
        f"{number(limit.value)} between the groups of {audit.attribute}?"
    )
    found = rates(
        "true_positive_rate",
        audit.selected,
        audit.positive,
        audit.by,
        audit.policy.minimum_group,
        audit.paired.users,
    )
    if not found.comparable:
        return too_few(audit, gate, question, limit, audit.positive)
    apart = greatest_difference(found.estimates(level_for(len(found.values))))
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure("equal_opportunity_difference", apart, sum(found.rows.values())),
        noun="The greatest difference of true positive rates",
        facts=f"True positive rates: {found.listed()}.",
        figures=found.figures(),
        remedy=audit.remedy("true-positive-rate-parity"),
        small=found.left_out(),
    )


def _worst(audit: Audit, found: list[Values]) -> Figure:
    """Return the greater of the differences of the rates, with its interval."""
    level = level_for(*(len(one.values) for one in found))
    apart = [greatest_difference(one.estimates(level)) for one in found]
    return Figure(
        name="equalized_odds_difference",
        value=max(one.value for one in apart),
        rows=audit.paired.rows,
        interval=Interval(
            low=max(one.interval.low for one in apart), high=max(one.interval.high for one in apart)
        ),
        group=audit.attribute,
    )


def _left_out(found: list[Values], minimum: int) -> str:
    """Return in words which groups lack rows of one outcome or of both, with the fewest that they have."""
    fewest: dict[str, int] = {}
    for one in found:
        for group, rows in one.small.items():
            fewest[group] = min(rows, fewest.get(group, rows))
    return left_out(fewest, minimum)


def _kind(name: str) -> str:
    return name.removesuffix("_rate").replace("_", " ")
