"""Calibration by group: does a score mean the same for everybody."""

from __future__ import annotations

import numpy as np

from trunkline.core.verdicts import Verdict
from trunkline.measure.wording import number

from .audit import Audit, Limit, answer, too_few
from .rates import Values, rates
from .simultaneous import greatest_difference, level_for


def group_calibration(audit: Audit) -> Verdict | None:
    """Return the verdict on how far the mean score less the observed rate differs between groups; None if not asked.

    Source: calibration within groups, Kleinberg, Mullainathan and Raghavan (2017), Inherent trade-offs in the fair
    determination of risk scores, section 1. The simultaneous interval decides: given the scores, only the observed
    rate is left to chance, and its score interval is at least as wide as it need be.
    """
    paired, limit_value = audit.paired, audit.policy.calibration_difference
    if limit_value is None or paired.positive is None or paired.probabilities is None:
        return None
    gate, limit = f"fairness/{audit.attribute}/calibration", Limit(limit_value)
    question = (
        f"Does the mean score less the observed share of {audit.word} differ by at most {number(limit.value)} "
        f"between the groups of {audit.attribute}?"
    )
    observed = rates(
        "observed_rate",
        audit.positive,
        audit.everyone,
        audit.by,
        audit.policy.minimum_group,
        audit.paired.users,
    )
    if not observed.comparable:
        return too_few(audit, gate, question, limit)
    scores = paired.probabilities[:, paired.positive]
    expected = {group: float(scores[audit.by[group]].mean()) for group in observed.values}
    found = Values(
        "calibration_gap",
        {group: expected[group] - rate for group, rate in observed.values.items()},
        observed.rows,
        observed.small,
        observed.minimum,
        observed.users,
        observed.worth,
    )
    estimates = observed.estimates(level_for(len(observed.values))).less_from(
        np.array(list(expected.values()))
    )
    return answer(
        audit,
        gate,
        question,
        limit,
        audit.figure("calibration_difference", greatest_difference(estimates), sum(found.rows.values())),
        noun=f"The greatest difference of mean score less observed share of {audit.word}",
        facts=f"By group: {found.listed()}.",
        figures=found.figures(),
        remedy=f"The scores promise some groups of {audit.attribute} more than happens: calibrate the model (for "
        "instance CalibratedClassifierCV), give it features that tell these groups' chances apart, train on more rows "
        "of them, or waive it with an owner, a reason and an expiry date. `training.mitigation` evens out answers, "
        "not scores: it does not mend this.",
        small=found.left_out(),
    )
