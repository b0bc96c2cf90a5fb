"""Do answers and errors differ between groups of people? The questions about one disparity, a table of one shape.

An answer is red only where the whole simultaneous interval lies beyond the limit: when the point decided, a fair model
of a thousand rows was called unfair in 15 to 48 of 100 redraws, for the sake of its smallest group. A rate is compared
only between groups with the policy's minimum of the rows that it is taken over.
"""

from __future__ import annotations

import numpy as np

from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Values
from trunkline.measure.paired import Array, Paired

from ..fairness.audit import Audit
from .disparity import Disparity


class DemographicParity(Disparity):
    """The least share of positive answers of any group over the greatest, with an interval that holds for all
    pairs of groups at once, because the least and greatest of several groups differ by chance alone. Where
    users (the contract's role `user`) have several test rows, a group's rows count as the independent rows that
    they are worth, here and in the gates below.

    Pass: The ratio is at least the limit.
    Fail: It is smaller, with its whole interval.
    Inconclusive: Only the point is beyond the limit, or a group is too small to be compared; of one attribute
    that stops a release where `undecided` says so, of two together never. Or nobody gets the positive answer,
    or fewer than two groups are large enough, which does where it is one attribute.
    Advice: Look at the figures by group. Switch on `training.mitigation` (threshold-optimizer,
    exponentiated-gradient), try other features, or waive it with an owner, a reason and an expiry date. Where
    the groups' outcomes differ, equal shares of answers cannot have equal error rates too: a model mended for
    this gate may then fail equalized-odds, and which of the two is asked must be decided.
    Source: Feldman et al. (2015), Certifying and removing disparate impact; 29 CFR 1607.4(D), the four-fifths
    rule; Rao and Scott (1992), Biometrics 48: rows of users; Newcombe (2016), MOVER-R confidence intervals; Hsu
    (1996), Multiple Comparisons.
    """

    name = "fairness/{attribute}/demographic-parity"
    question = "Do all groups get the positive answer about equally often?"
    limit, what = "demographic_parity_ratio", "share of {word} answers"
    constraint, at_least = "demographic-parity", True

    def fits(self, paired: Paired) -> bool:
        return "positive" in paired.traits

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        return (audit.rates("selection_rate", audit.selected),)

    def remark(self, audit: Audit, found: Values) -> str:
        if min(found.values.values()) < 1:
            return ""
        # Alike, but only because nothing is decided.
        return f" Every row gets the answer {audit.word}, so this says nothing of how the scores of the groups differ."

    def remedy(self, audit: Audit) -> str:
        """Return it with a warning that a mended parity may cost equalized odds, where that is asked too.

        Source: Hardt, Price and Srebro (2016), section 4; on Adult threshold-optimizer passes the one and fails the
        other.
        """
        if audit.policy.equalized_odds_difference is None or "two classes" not in audit.paired.traits:
            return super().remedy(audit)
        return super().remedy(audit) + (
            " Where the groups' outcomes differ, equal shares of answers have unequal error rates: a model mended for "
            "this gate may fail equalized-odds, so decide which of the two is to hold and set the other's limit in a "
            "reviewed change."
        )

    def verdict(self, case: Audit) -> Verdict:
        said = super().verdict(case)
        (found,) = self.measured(case)
        if not found.comparable or max(found.values.values()):
            return said
        changes = {
            "outcome": "inconclusive",
            "blocking": case.policy.blocking and not case.crossed,
            "figures": (),
            "reason": f"No group of {case.attribute} gets the answer {case.word}, so there are no shares to compare.",
            "advice": "Look at the model's threshold and at the confusion matrix.",
        }
        return said.model_copy(update=changes)


class EqualizedOdds(Disparity):
    """The greater of two differences between groups: that of true positive rates and that of false positive
    rates. Decided as demographic parity is.

    Advice: Look at the rates by group. Switch on `training.mitigation` with the constraint equalized-odds, or
    look for a feature that stands for the attribute.
    Source: Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning.
    """

    name = "fairness/{attribute}/equalized-odds"
    question = "Is the model equally often right and wrong about each group?"
    limit, what = "equalized_odds_difference", "true or false positive rates"
    constraint = "equalized-odds"

    def condition(self, audit: Audit) -> Array:
        return audit.positive

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        return (
            audit.rates("true_positive_rate", audit.selected, audit.positive),
            audit.rates("false_positive_rate", audit.selected, ~audit.positive),
        )


class EqualOpportunity(Disparity):
    """The greatest difference of true positive rates between groups, with an interval that holds for all pairs
    of groups at once.

    Advice: Switch on `training.mitigation` with the constraint true-positive-rate-parity, or gather positive
    rows of the group that is missed.
    Source: Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning; Newcombe (1998),
    Statistics in Medicine 17, and Hsu (1996), Multiple Comparisons: simultaneous intervals of all pairs of
    groups.
    """

    name = "fairness/{attribute}/equal-opportunity"
    question = "Do those with the positive outcome get the positive answer equally often in every group?"
    limit, what = "equal_opportunity_difference", "true positive rates"
    constraint = "true-positive-rate-parity"

    def condition(self, audit: Audit) -> Array:
        return audit.positive

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        return (audit.rates("true_positive_rate", audit.selected, audit.positive),)


class ErrorRate(Disparity):
    """The greatest difference of error rates between groups, with an interval that holds for all pairs of
    groups at once.

    Advice: Look at the group with the most errors: too few rows in train, worse labels, or features that say
    less about it.
    Source: Berk et al. (2018), Fairness in criminal justice risk assessments (overall accuracy equality);
    Newcombe (1998), Statistics in Medicine 17, and Hsu (1996), Multiple Comparisons: simultaneous intervals of
    all pairs of groups.
    """

    name = "fairness/{attribute}/error-rate"
    question = "Is the model wrong about equally often in every group?"
    limit, what = "error_rate_difference", "error rates"
    constraint = "equalized-odds"

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        return (audit.rates("error_rate", audit.paired.labels != audit.paired.truth),)


class GroupCalibration(Disparity):
    """What scores say on average less what happens, by group: the greatest difference between groups, with an
    interval that holds for all pairs of groups at once.

    Fail: It is greater, with its whole interval: scores flatter one group and wrong another.
    Advice: Calibrate the model, give it a feature that tells the groups' base rates apart, or do not compare
    scores across groups.
    Source: Kleinberg, Mullainathan and Raghavan (2017), Inherent trade-offs in the fair determination of risk
    scores; Newcombe (1998), Statistics in Medicine 17, and Hsu (1996), Multiple Comparisons: simultaneous
    intervals of all pairs of groups.
    """

    name = "fairness/{attribute}/calibration"
    question = "Does a score mean the same in every group?"
    limit, what = "calibration_difference", "mean score less observed share of {word}"

    def fits(self, paired: Paired) -> bool:
        return {"positive", "probabilities"} <= paired.traits

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        observed, paired = audit.rates("calibration_gap", audit.positive), audit.paired
        scores = paired.score
        if scores is None:
            return (observed,)
        return (
            observed.less_from({group: float(scores[audit.by[group]].mean()) for group in observed.values}),
        )

    def remedy(self, audit: Audit) -> str:
        return (
            f"The scores promise some groups of {audit.attribute} more than happens: calibrate the model (for instance "
            "CalibratedClassifierCV), give it features that tell these groups' chances apart, train on more rows of "
            "them, or waive it with an owner, a reason and an expiry date. `training.mitigation` evens out answers, "
            "not scores: it does not mend this."
        )


class ErrorGap(Disparity):
    """The least mean absolute error of any group over the greatest (regression), or the least accuracy over the
    greatest (many classes), with an interval that holds for all pairs of groups at once.

    Pass: The ratio is at least the limit.
    Fail: It is smaller, with its whole interval.
    Advice: Gather rows of the group with the greatest error, or look for what varies more within it and is not
    among the features.
    Source: The four-fifths rule, applied to errors; Newcombe (2016) and Donner and Zou (2012): intervals of
    ratios.
    """

    name = "fairness/{attribute}/error-gap"
    question = "Is the model about equally exact for every group?"
    limit, what = "error_ratio", "mean absolute error (many classes: accuracy)"
    at_least = True

    def fits(self, paired: Paired) -> bool:
        return "two classes" not in paired.traits

    def figure(self, paired: Paired) -> str:
        return "accuracy_ratio" if "classes" in paired.traits else self.limit

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        if "classes" in audit.paired.traits:
            return (audit.rates("accuracy", audit.paired.labels == audit.paired.truth),)
        return (audit.means("mean_absolute_error", np.abs(audit.paired.labels - audit.paired.truth)),)
