"""An audit: one protected attribute, or two of them crossed, put before the questions of fairness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.by_group import Masks, Values, group_means, judged_groups, left_out, rates
from trunkline.measure.limit import Limit
from trunkline.measure.paired import Array, Paired

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


class AuditGate(Gate[Audit]):
    """A question about the groups of an attribute; policy says whether what the rows leave open stops a release."""

    def of_groups(
        self,
        case: Audit,
        outcome: Outcome,
        reason: str,
        question: str,
        limit: Limit,
        *,
        undecided: bool = False,
        figures: Iterable[Figure] = (),
        advice: str | None = None,
    ) -> Verdict:
        """Return the verdict; `undecided` says that a figure is beyond its limit and its interval reaches back."""
        held_up = case.policy.undecided == "stop" and not case.crossed and (undecided or case.overlooked)
        return self.answer(
            outcome,
            reason,
            gate=self.name.replace("{attribute}", case.attribute),
            question=question,
            figures=figures,
            threshold=limit.value,
            blocking=case.policy.blocking and (outcome != "inconclusive" or held_up),
            advice=advice,
        )

    def too_few(self, case: Audit, question: str, limit: Limit, condition: Array | None = None) -> Verdict:
        """Return the verdict where fewer than two groups have enough rows (of a condition).

        It stops a release where whole groups of one attribute are too small to be seen, not where crossings are or only
        the rows with one outcome.
        """
        minimum = case.policy.minimum_group
        _, small = judged_groups(case.by, case.everyone if condition is None else condition, minimum)
        kind = "rows" if condition is None else "such rows"
        reason = f"Fewer than two groups of {case.attribute} have {minimum} {kind} to compare."
        said = self.of_groups(
            case, "inconclusive", reason + left_out(small, minimum), question, limit, advice=GATHER
        )
        blocking = case.policy.blocking and not case.crossed and not case.enough
        return said.model_copy(update={"blocking": blocking})
