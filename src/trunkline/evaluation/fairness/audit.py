"""An audit: one protected attribute, or two of them crossed, put before the questions of fairness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Masks, Values, group_means, judged_groups, left_out, rates
from trunkline.measure.limit import REACHES_BACK, Limit
from trunkline.measure.paired import Array, Paired
from trunkline.measure.wording import between, number

KEYS = tuple(f"gates.fairness.{key}" for key in ("minimum_group", "intersections", "undecided", "blocking"))
"""The policy keys that every gate of fairness reads."""
GATHER = (
    "Gather more test rows of these groups; join small ones (categories, or `bands` of a number); or lower "
    "gates.fairness.minimum_group, so that they are judged by the rows that there are. Where it stops a release, it "
    "can be waived with an owner, a reason and an expiry date."
)
"""What to do about groups that are too small."""


@dataclass(frozen=True)
class Audit:
    """The groups of one attribute (`colour`) or of two (`colour & sex`), the answers, and what is asked of them."""

    attribute: str
    by: Masks
    paired: Paired
    policy: FairnessGates
    champion: Paired | None = None

    @property
    def crossed(self) -> bool:
        """Whether the groups are those of two attributes together."""
        return " & " in self.attribute

    @property
    def everyone(self) -> Array:
        """Return the mask of all rows."""
        return np.ones(self.paired.rows, dtype=bool)

    @property
    def selected(self) -> Array:
        """Return the mask of the rows that get the positive answer."""
        return np.asarray(self.paired.labels == self.paired.positive)

    @property
    def positive(self) -> Array:
        """Return the mask of the rows whose outcome is the positive one."""
        return np.asarray(self.paired.truth == self.paired.positive)

    @property
    def word(self) -> str:
        """Return what the positive outcome is called."""
        return self.paired.selected

    @property
    def held_up(self) -> bool:
        """Whether an answer that the rows leave open stops a release."""
        return self.policy.undecided == "stop" and not self.crossed

    @property
    def enough(self) -> bool:
        """Whether two groups have the policy's minimum of rows."""
        return len(judged_groups(self.by, self.everyone, self.policy.minimum_group)[0]) > 1

    @property
    def overlooked(self) -> bool:
        """Whether a group has fewer rows than that, so that whatever is done to it, no question sees it."""
        return bool(judged_groups(self.by, self.everyone, self.policy.minimum_group)[1])

    def rates(self, name: str, selected: Array, condition: Array | None = None) -> Values:
        """Return the share of selected rows among those of the condition (all rows without), by group."""
        rows = self.everyone if condition is None else condition
        return rates(name, selected, rows, self.by, self.policy.minimum_group, self.paired.users)

    def means(self, name: str, values: Array) -> Values:
        """Return the mean of values of shape (n,), by group."""
        return group_means(name, values, self.by, max(2, self.policy.minimum_group), self.paired.users)

    def remedy(self, constraint: str = "") -> str:
        """Return what to do about a disparity; `constraint` is the one that `training.mitigation` sets against it."""
        ways = ["try other features or more training rows of the groups that are worse off"]
        if constraint and "two classes" in self.paired.traits:
            of = self.attribute.replace(" & ", " or ") + (", one at a time" if self.crossed else "")
            ways.append(
                f"set `training.mitigation` in trunkline.yaml (method threshold-optimizer or exponentiated-gradient, "
                f"attribute {of}, constraint {constraint})"
            )
        ways.append("waive it with an owner, a reason and an expiry date")
        return f"Look at the figures by {self.attribute} on the report; {'; or '.join(ways)}."


def answer(
    audit: Audit,
    gate: str,
    question: str,
    limit: Limit,
    total: Figure,
    *,
    noun: str,
    facts: str,
    remedy: str,
    figures: tuple[Figure, ...] = (),
    small: str = "",
    incomplete: str = "",
    notes: str = "",
) -> Verdict:
    """Return the verdict on a disparity; what decides stands first in its reason, because reports cut long ones.

    The gate is red only when the whole simultaneous interval lies beyond the limit; a point beyond it with an interval
    that reaches back is inconclusive, and so is a limit that is kept by the groups that were compared while others were
    not. Both stop a release only of one attribute and if the policy says so. `small` names groups that were left out,
    `incomplete` a part of the question.
    """
    outcome = limit.outcome(total)
    straddles = outcome == "inconclusive"
    if outcome == "pass" and (small or incomplete):
        outcome = "inconclusive"
    pairs = ", all pairs of groups at once"
    reason = f"{noun} is {number(total.value)} ({between(total.interval)}{pairs}); {limit.words()}."
    if straddles:
        reason += REACHES_BACK + limit.more_rows(total)
    elif outcome == "inconclusive" and small:
        reason += " Nothing is said of the groups that are left out."
    advice = "" if outcome == "pass" else remedy
    if straddles:
        advice = (
            "Gather more test rows of the groups named, and look at these figures again at the next release."
        )
    elif outcome == "inconclusive":
        advice = GATHER if small else "Gather more test rows with each outcome, or join small groups."
    return Verdict(
        gate=gate,
        outcome=outcome,
        question=question,
        threshold=limit.value,
        blocking=audit.policy.blocking
        and (outcome != "inconclusive" or (audit.held_up and (straddles or audit.overlooked))),
        figures=(total, *figures),
        reason=" ".join(part.strip() for part in (reason, small, incomplete, facts, notes) if part),
        advice=advice,
    )


def too_few(audit: Audit, gate: str, question: str, limit: Limit, condition: Array | None = None) -> Verdict:
    """Return the verdict where fewer than two groups have enough rows (of a condition).

    It stops a release where whole groups of one attribute are too small to be seen, not where crossings are or only
    the rows with one outcome.
    """
    rows = audit.everyone if condition is None else condition
    _, small = judged_groups(audit.by, rows, audit.policy.minimum_group)
    kind = "rows" if condition is None else "such rows"
    return Verdict(
        gate=gate,
        outcome="inconclusive",
        question=question,
        threshold=limit.value,
        blocking=audit.policy.blocking and not audit.crossed and not audit.enough,
        reason=f"Fewer than two groups of {audit.attribute} have {audit.policy.minimum_group} {kind} to compare."
        f"{left_out(small, audit.policy.minimum_group)}",
        advice=GATHER,
    )
