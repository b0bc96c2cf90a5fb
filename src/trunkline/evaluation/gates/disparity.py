"""A disparity: the greatest difference, or the least ratio, of one figure between any two groups of people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Values, left_out
from trunkline.measure.limit import REACHES_BACK, Limit
from trunkline.measure.paired import Array, Paired
from trunkline.measure.simultaneous import greatest_difference, least_ratio, level_for
from trunkline.measure.wording import between, number

from ..fairness.audit import GATHER, KEYS, Audit, AuditGate


class Disparity(AuditGate, ABC):
    """The greatest difference, or the least ratio, of a figure between any two groups.

    Pass: The difference is at most the limit.
    Fail: It is greater, with its whole interval.
    Inconclusive: Only the point is beyond the limit, or a group is too small to be compared; of one attribute that
    stops a release where `undecided` says so, of two together never. Fewer than two groups that are large enough stop
    a release where it is one attribute; too few rows with an outcome, in groups that are large enough, do not.
    """

    limit: ClassVar[str]
    """The policy's key; the figure has its name too."""
    what: ClassVar[str]
    """What is compared, in words."""
    constraint: ClassVar[str] = ""
    """What `training.mitigation` sets against it."""
    at_least: ClassVar[bool] = False
    """Whether the limit is of a ratio."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.keys = (f"gates.fairness.{cls.limit}", *KEYS)

    def fits(self, paired: Paired) -> bool:
        """Whether these answers can be asked."""
        return "two classes" in paired.traits

    def condition(self, audit: Audit) -> Array | None:  # noqa: ARG002
        """Return the mask of the rows that are compared, None for all."""
        return None

    @abstractmethod
    def measured(self, audit: Audit) -> tuple[Values, ...]:
        """Return what was measured of each group; the worst of several counts."""

    def remark(self, audit: Audit, found: Values) -> str:  # noqa: ARG002
        """Return what a reader must know besides."""
        return ""

    def remedy(self, audit: Audit) -> str:
        """Return what to do about it."""
        return audit.remedy(self.constraint)

    def applies(self, case: Audit) -> bool:
        return getattr(case.policy, self.limit) is not None and self.fits(case.paired)

    def verdict(self, case: Audit) -> Verdict:
        every = self.measured(case)
        found = [one for one in every if one.comparable]
        if not found:
            return self.too_few(case, *self.asked(case), self.condition(case))
        level = level_for(*(len(one.values) for one in found))
        extreme = least_ratio if self.at_least else greatest_difference
        apart = [extreme(one.estimates(level)) for one in found]
        figure = Figure(
            name=self.figure(case.paired),
            value=max(one.value for one in apart),
            rows=max(sum(one.rows.values()) for one in found),
            interval=Interval(
                low=max(one.interval.low for one in apart), high=max(one.interval.high for one in apart)
            ),
            group=case.attribute,
        )
        fewest: dict[str, int] = {}
        for one in found:
            for group, rows in one.small.items():
                fewest[group] = min(rows, fewest.get(group, rows))
        missing = [
            f"The {one.words} cannot be compared: fewer than two groups have {one.minimum} rows for it."
            for one in every
            if not one.comparable
        ]
        return self.said(
            case,
            figure,
            facts=" ".join(f"By group, {one.words}: {one.listed()}." for one in found),
            figures=tuple(figure for one in found for figure in one.figures()),
            small=left_out(fewest, found[0].minimum),
            incomplete=" ".join(missing),
            notes=self.remark(case, found[0]),
        )

    def asked(self, case: Audit) -> tuple[str, Limit]:
        """Return the question in words, and its limit."""
        limit, what = Limit(getattr(case.policy, self.limit), self.at_least), self.what.format(word=case.word)
        if not self.at_least:
            groups = f"between the groups of {case.attribute}"
            return f"Do {what} differ by at most {number(limit.value)} {groups}?", limit
        return (
            f"Is the least {what} among the groups of {case.attribute} at least {number(limit.value)} times the "
            "greatest?",
            limit,
        )

    def said(
        self,
        case: Audit,
        total: Figure,
        *,
        facts: str,
        figures: tuple[Figure, ...] = (),
        small: str = "",
        incomplete: str = "",
        notes: str = "",
    ) -> Verdict:
        """Return the verdict on a disparity; what decides stands first in its reason, because reports cut long ones.

        A limit that is kept by the groups that were compared while others were not is inconclusive too. `small` names
        groups that were left out, `incomplete` a part of the question.
        """
        question, limit = self.asked(case)
        outcome, advice = limit.outcome(total), self.remedy(case)
        straddles = outcome == "inconclusive"
        noun = "Least over greatest" if self.at_least else "The greatest difference of"
        reason = (
            f"{noun} {self.what.format(word=case.word)} is {number(total.value)} ({between(total.interval)}, all pairs "
            f"of groups at once); {limit.words()}."
        )
        if straddles:
            reason += REACHES_BACK + limit.more_rows(total)
            advice = "Gather more test rows of the groups named, and look at these figures again at the next release."
        elif outcome == "pass" and (small or incomplete):
            outcome = "inconclusive"
            reason += " Nothing is said of the groups that are left out." if small else ""
            advice = GATHER if small else "Gather more test rows with each outcome, or join small groups."
        return self.of_groups(
            case,
            outcome,
            " ".join(part.strip() for part in (reason, small, incomplete, facts, notes) if part),
            question,
            limit,
            undecided=straddles,
            figures=(total, *figures),
            advice="" if outcome == "pass" else advice,
        )

    def figure(self, paired: Paired) -> str:  # noqa: ARG002
        """Return the name of the figure that is limited."""
        return self.limit
