"""Error rates: does the model err on some groups more often than on others."""

from __future__ import annotations

from trunkline.core.verdicts import Verdict
from trunkline.measure.wording import number

from .audit import Audit, Limit, answer, too_few
from .rates import rates
from .simultaneous import greatest_difference, level_for


def error_rates(audit: Audit) -> Verdict | None:
    """Return the verdict on the difference of error rates between groups; None where it is not asked.

    Source: overall accuracy equality, Berk et al. (2018), Fairness in criminal justice risk assessments, section 3.
    The simultaneous interval decides.
    """
    if audit.policy.error_rate_difference is None or not audit.paired.binary:
        return None
    gate, limit = f"fairness/{audit.attribute}/error-rate", Limit(audit.policy.error_rate_difference)
    question = (
        f"Do error rates differ by at most {number(limit.value)} between the groups of {audit.attribute}?"
    )
    wrong = audit.paired.labels != audit.paired.truth
    found = rates(
        "error_rate", wrong, audit.everyone, audit.by, audit.policy.minimum_group, audit.paired.users
    )
    if not found.comparable:
        return too_few(audit, gate, question, limit)
    apart = greatest_difference(found.estimates(level_for(len(found.values))))
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure("error_rate_difference", apart, sum(found.rows.values())),
        noun="The greatest difference of error rates",
        facts=f"Error rates: {found.listed()}.",
        figures=found.figures(),
        remedy=audit.remedy("equalized-odds"),
        small=found.left_out(),
    )
