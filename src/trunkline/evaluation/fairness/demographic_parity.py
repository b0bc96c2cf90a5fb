"""Demographic parity: are the groups given the positive answer alike."""

from __future__ import annotations

from trunkline.core.verdicts import Verdict
from trunkline.measure.wording import number

from .audit import Audit, Limit, answer, too_few
from .rates import Values, rates
from .simultaneous import least_ratio, level_for


def demographic_parity(audit: Audit) -> Verdict | None:
    """Return the verdict on the least over the greatest selection rate; None where it is not asked.

    Source: Feldman et al. (2015), Certifying and removing disparate impact.
    """
    if audit.policy.demographic_parity_ratio is None or audit.paired.positive is None:
        return None
    gate, limit = (
        f"fairness/{audit.attribute}/demographic-parity",
        Limit(audit.policy.demographic_parity_ratio, True),
    )
    question = (
        f"Is the least share of {audit.word} answers among the groups of {audit.attribute} "
        f"at least {number(limit.value)} times the greatest?"
    )
    found = rates(
        "selection_rate",
        audit.selected,
        audit.everyone,
        audit.by,
        audit.policy.minimum_group,
        audit.paired.users,
    )
    if not found.comparable:
        return too_few(audit, gate, question, limit)
    if max(found.values.values()) == 0:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=limit.value,
            blocking=audit.policy.blocking and not audit.crossed,
            reason=f"No group of {audit.attribute} gets the answer {audit.word}, so there are no shares to compare.",
            advice="Look at the model's threshold and at the confusion matrix.",
        )
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure(
            "demographic_parity_ratio",
            least_ratio(found.estimates(level_for(len(found.values)))),
            sum(found.rows.values()),
        ),
        noun=f"Least over greatest share of {audit.word} answers",
        facts=f"Shares of {audit.word} answers: {found.listed()}.",
        figures=found.figures(),
        remedy=f"{audit.remedy('demographic-parity')}{_trade(audit)}",
        small=found.left_out(),
        notes=_same_for_all(found, audit.word),
    )


def _trade(audit: Audit) -> str:
    """Return a warning that a mended parity may cost equalized odds, where that is asked too.

    Source: Hardt, Price and Srebro (2016), section 4; on Adult threshold-optimizer passes the one and fails the other.
    """
    if audit.policy.equalized_odds_difference is None or not audit.paired.binary:
        return ""
    return (
        " Where the groups' outcomes differ, equal shares of answers have unequal error rates: a model mended for this "
        "gate may fail equalized-odds, so decide which of the two is to hold and set the other's limit in a reviewed "
        "change."
    )


def _same_for_all(found: Values, word: str) -> str:
    """Return a warning where every row gets the positive answer: alike, but only because nothing is decided."""
    if min(found.values.values()) < 1:
        return ""
    return f" Every row gets the answer {word}, so this says nothing of how the scores of the groups differ."
