"""A disparity: the greatest difference, or the least ratio, of one figure between any two groups of people."""

from __future__ import annotations

from typing import ClassVar

from trunkline.core.figures import Figure, Interval
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Values, left_out
from trunkline.measure.limit import Limit
from trunkline.measure.paired import Array, Paired
from trunkline.measure.simultaneous import greatest_difference, least_ratio, level_for
from trunkline.measure.wording import number

from ..fairness.audit import KEYS, Audit, answer, too_few


class Disparity(Gate[Audit]):
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
        cls.keys = (f"gates.fairness.{cls.limit}", *KEYS)

    def fits(self, paired: Paired) -> bool:
        """Whether these answers can be asked."""
        return "two classes" in paired.traits

    def condition(self, audit: Audit) -> Array | None:  # noqa: ARG002
        """Return the mask of the rows that are compared, None for all."""
        return None

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        """Return what was measured of each group; the worst of several counts."""
        raise NotImplementedError

    def remark(self, audit: Audit, found: Values) -> str:  # noqa: ARG002
        """Return what a reader must know besides."""
        return ""

    def remedy(self, audit: Audit) -> str:
        """Return what to do about it."""
        return audit.remedy(self.constraint)

    def applies(self, case: Audit) -> bool:
        return getattr(case.policy, self.limit) is not None and self.fits(case.paired)

    def verdict(self, case: Audit) -> Verdict:
        limit = Limit(getattr(case.policy, self.limit), self.at_least)
        gate = self.name.replace("{attribute}", case.attribute)
        what = self.what.format(word=case.word)
        question = (
            f"Do {what} differ by at most {number(limit.value)} between the groups of {case.attribute}?"
        )
        if self.at_least:
            question = (
                f"Is the least {what} among the groups of {case.attribute} at least {number(limit.value)} times the "
                "greatest?"
            )
        every = self.measured(case)
        found = [one for one in every if one.comparable]
        if not found:
            return too_few(case, gate, question, limit, self.condition(case))
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
        return answer(
            case,
            gate,
            question,
            limit,
            figure,
            noun=f"{'Least over greatest' if self.at_least else 'The greatest difference of'} {what}",
            facts=" ".join(f"By group, {one.words}: {one.listed()}." for one in found),
            figures=tuple(figure for one in found for figure in one.figures()),
            remedy=self.remedy(case),
            small=left_out(fewest, found[0].minimum),
            incomplete=" ".join(missing),
            notes=self.remark(case, found[0]),
        )

    def figure(self, paired: Paired) -> str:  # noqa: ARG002
        """Return the name of the figure that is limited."""
        return self.limit
