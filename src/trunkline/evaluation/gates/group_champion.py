"""Regressions by group: does any group of people fare worse than under the champion."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.by_group import SHOWN, Masks, judged_groups, left_out
from trunkline.measure.comparison import require_same_rows
from trunkline.measure.limit import Limit
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.paired import Array, Paired
from trunkline.measure.same_rows import accuracy_gain, error_saved
from trunkline.measure.simultaneous import mean_interval
from trunkline.measure.users import Users
from trunkline.measure.wording import between, number

from ..fairness.audit import GATHER, KEYS, Audit, AuditGate

SAVED = "relative_error_reduction"


class GroupChampion(AuditGate):
    """By group, the accuracy of the challenger less the champion's on the same rows (regression: the share of
    the champion's mean absolute error that is saved), with intervals that hold for all groups at once
    (Bonferroni).

    Pass: No group is worse by more than the margin. Without a champion it is not asked.
    Fail: A group's whole interval lies beyond the margin; or the champion makes no error in a group, and the
    challenger's lies above zero with its whole interval: the model became better for some at the cost of
    others.
    Inconclusive: Only the point is beyond the margin (or above zero, where the champion makes no error), or a
    group is too small to be compared; of one attribute that stops a release where `undecided` says so, of two
    together never. Or no group is large enough, which does where it is one attribute.
    Advice: Look at that group's rows and at what changed between the two models; train with more of its rows.
    """

    name = "fairness/{attribute}/champion"
    question = "Does any group fare worse than under the champion?"
    keys = ("gates.fairness.champion_margin", *KEYS)

    def verdicts(self, case: Audit) -> Iterable[Verdict]:
        """Answer for each group by its accuracy less the champion's on the same rows.

        For amounts, the share of the champion's mean absolute error that is saved takes the place of the difference.
        Raises DataError when the two models did not answer the same rows.
        """
        margin, champion = case.policy.champion_margin, case.champion
        if margin is None or champion is None:
            return
        require_same_rows(case.paired, champion)
        limit = Limit(-margin, at_least=True)
        question = (
            f"Does every group of {case.attribute} fare at most {number(margin)} worse than under the champion, on the "
            "same rows?"
        )
        minimum = max(2, case.policy.minimum_group)
        judged, small = judged_groups(case.by, case.everyone, minimum)
        if not judged:
            yield self.too_few(case, question, limit)
            return
        of_amounts = "amounts" in case.paired.traits
        first = "Accuracy, challenger less champion"
        if of_amounts:
            first = "Share of the champion's mean absolute error that is saved"
        found, spared = (_errors if of_amounts else _accuracies)(case, champion, judged)
        worse = [figure for figure in found if not limit.keeps(figure.value)]
        surely = [figure for figure in worse if limit.broken_wholly(figure)]
        surely += [figure for figure in spared if figure.interval is not None and figure.interval.high < 0]
        open_ = bool(worse or spared)
        outcome: Outcome = "fail" if surely else "inconclusive" if open_ or small else "pass"
        reason = f"{first}, of which at least {number(-margin)} is asked: {_listed(found)}." if found else ""
        if spared:
            reason += " The champion makes no error in these groups, and the challenger's, negative, is "
            reason += f"{_listed(spared)}."
        if outcome == "inconclusive" and open_:
            reason += " The interval of what is worse reaches back over what is asked, so this may be chance."
        yield self.of_groups(
            case,
            outcome,
            (reason + left_out(small, minimum)).strip(),
            question,
            limit,
            undecided=open_,
            figures=(*found, *spared),
            advice=GATHER if outcome == "inconclusive" and not open_ else _advice(outcome, surely),
        )


def _accuracies(audit: Audit, champion: Paired, judged: Masks) -> tuple[list[Figure], list[Figure]]:
    """Return each group's difference of accuracies, the least first, and nothing."""
    gains = (audit.paired.labels == audit.paired.truth).astype(np.float64) - (
        champion.labels == champion.truth
    )
    level = shared_level(len(judged))
    found = [
        Figure(
            name="difference:accuracy",
            value=float(gains[mask].mean()),
            rows=int(mask.sum()),
            interval=accuracy_gain(gains[mask], _users(audit, mask), level),
            group=group,
        )
        for group, mask in judged.items()
    ]
    return sorted(found, key=lambda one: one.value), []


def _errors(audit: Audit, champion: Paired, judged: Masks) -> tuple[list[Figure], list[Figure]]:
    """Return the share of the champion's mean absolute error that is saved, of each group where it makes one.

    Of the others there is no share of nothing: the second are the challenger's errors there, negative. The least
    stand first.
    """
    ours, theirs = (np.abs(model.labels - model.truth) for model in (audit.paired, champion))
    level, found = shared_level(len(judged)), []
    for group, mask in judged.items():
        users = _users(audit, mask)
        if theirs[mask].any() or not ours[mask].any():
            name = SAVED
            value, span = error_saved(ours[mask], theirs[mask], users, level)
        else:
            name = "difference:neg_mean_absolute_error"
            value, span = -float(ours[mask].mean()), mean_interval(-ours[mask], users, level)
        found.append(Figure(name=name, value=value, rows=int(mask.sum()), interval=span, group=group))
    found.sort(key=lambda one: one.value)
    return [one for one in found if one.name == SAVED], [one for one in found if one.name != SAVED]


def _users(audit: Audit, mask: Array) -> Users | None:
    return None if audit.paired.users is None else audit.paired.users[mask]


def _listed(found: list[Figure]) -> str:
    words = [
        f"{number(figure.value)} in {figure.group} ({between(figure.interval)}, {figure.rows:,} rows)"
        for figure in found[:SHOWN]
    ]
    if len(found) > SHOWN:
        words.append(f"more in {len(found) - SHOWN} other groups")
    return ", ".join(words)


def _advice(outcome: Outcome, surely: list[Figure]) -> str:
    if outcome == "pass":
        return ""
    if outcome == "inconclusive":
        return (
            "Look at these groups while the challenger runs silent beside the champion, or gather more test rows of "
            "them."
        )
    groups = ", ".join(figure.group for figure in surely[:SHOWN])
    return (
        f"Keep the champion for now. Look at the rows of {groups} that only the champion answers well; compare the "
        "features and training rows of the two; or waive it with an owner, a reason and an expiry date."
    )
