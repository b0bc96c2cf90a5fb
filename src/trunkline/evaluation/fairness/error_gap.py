"""The error gap: is a regression, or a model of many classes, about as good for every group."""

from __future__ import annotations

import numpy as np

from trunkline.core.verdicts import Verdict
from trunkline.measure.users import number_of
from trunkline.measure.wording import number

from .audit import Audit, Limit, answer, too_few
from .rates import Values, judged_groups, rates
from .simultaneous import least_ratio, level_for, means


def error_gap(audit: Audit) -> Verdict | None:
    """Return the verdict on the least over the greatest mean absolute error (many classes: accuracy), or None.

    The four-fifths rule, applied to errors; the simultaneous interval decides.
    """
    paired = audit.paired
    if audit.policy.error_ratio is None or paired.binary:
        return None
    gate, limit = f"fairness/{audit.attribute}/error-gap", Limit(audit.policy.error_ratio, at_least=True)
    noun = "accuracy" if paired.classes else "mean absolute error"
    question = (
        f"Is the least {noun} among the groups of {audit.attribute} "
        f"at least {number(limit.value)} times the greatest?"
    )
    found = _accuracies(audit) if paired.classes else _errors(audit)
    if not found.comparable:
        return too_few(audit, gate, question, limit)
    level = level_for(len(found.values))
    if paired.classes:
        estimates = found.estimates(level)
    else:
        errors = np.abs(paired.labels - paired.truth)
        users = paired.users
        estimates = means(
            [errors[audit.by[group]] for group in found.values],
            level,
            None if users is None else [users[audit.by[group]] for group in found.values],
        )
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure(
            "accuracy_ratio" if paired.classes else "error_ratio",
            least_ratio(estimates),
            sum(found.rows.values()),
        ),
        noun=f"Least over greatest {noun}",
        facts=f"By group: {found.listed()}.",
        figures=found.figures(),
        remedy=audit.remedy(),
        small=found.left_out(),
    )


def _accuracies(audit: Audit) -> Values:
    right = audit.paired.labels == audit.paired.truth
    return rates("accuracy", right, audit.everyone, audit.by, audit.policy.minimum_group, audit.paired.users)


def _errors(audit: Audit) -> Values:
    minimum = max(2, audit.policy.minimum_group)
    judged, small = judged_groups(audit.by, audit.everyone, minimum)
    errors = np.abs(audit.paired.labels - audit.paired.truth)
    return Values(
        "mean_absolute_error",
        {group: float(errors[mask].mean()) for group, mask in judged.items()},
        {group: int(mask.sum()) for group, mask in judged.items()},
        small,
        minimum,
        {}
        if audit.paired.users is None
        else {group: number_of(audit.paired.users[mask]) for group, mask in judged.items()},
    )
