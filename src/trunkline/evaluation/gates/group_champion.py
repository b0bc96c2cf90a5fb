"""Regressions by group: does any group of people fare worse than under the champion."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from trunkline.core.errors import DataError
from trunkline.core.figures import Figure, Interval
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.intervals import LEVEL
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.paired import Array, Paired
from trunkline.measure.simultaneous import means
from trunkline.measure.users import Users, error_of_mean, number_of
from trunkline.measure.wording import between, number
from trunkline.measure.worth import worth

from ..fairness.audit import GATHER, KEYS, Audit, Limit, too_few
from ..fairness.rates import SHOWN, Masks, judged_groups, left_out


class GroupChampion(Gate[Audit]):
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
        if case.policy.champion_margin is not None and case.champion is not None:
            yield self.judge(case, case.champion, case.policy.champion_margin)

    def judge(self, case: Audit, champion: Paired, margin: float) -> Verdict:
        """Answer for each group by its accuracy less the champion's on the same rows.

        Of a regression the share of the champion's mean absolute error that is saved takes the place of the difference.
        Raises DataError when the two models did not answer the same rows.
        """
        _check_same_rows(case.paired, champion)
        gate, limit = f"fairness/{case.attribute}/champion", Limit(-margin, at_least=True)
        question = (
            f"Does every group of {case.attribute} fare at most {number(margin)} worse than under the champion, on the "
            "same rows?"
        )
        minimum = max(2, case.policy.minimum_group)
        judged, small = judged_groups(case.by, case.everyone, minimum)
        if not judged:
            return too_few(case, gate, question, limit)
        compare = _accuracies if case.paired.classes else _errors
        found = sorted(compare(case, champion, judged), key=lambda figure: figure.value)
        spared = [] if case.paired.classes else _errors_of_spared(case, champion, judged)
        worse = [figure for figure in found if not limit.keeps(figure.value)]
        surely = [figure for figure in worse if limit.broken_wholly(figure)]
        surely += [figure for figure in spared if figure.interval is not None and figure.interval.high < 0]
        open_ = bool(worse or spared)
        outcome: Outcome = "fail" if surely else "inconclusive" if open_ or small else "pass"
        first = "Share of the champion's mean absolute error that is saved"
        if case.paired.classes:
            first = "Accuracy, challenger less champion"
        reason = f"{first}, of which at least {number(-margin)} is asked: {_listed(found)}." if found else ""
        if spared:
            reason += " The champion makes no error in these groups, and the challenger's, negative, is "
            reason += f"{_listed(spared)}."
        if outcome == "inconclusive" and open_:
            reason += " The interval of what is worse reaches back over what is asked, so this may be chance."
        undecided = case.held_up and (open_ or case.overlooked)
        return self.answer(
            outcome,
            (reason + left_out(small, minimum)).strip(),
            gate=gate,
            question=question,
            threshold=-margin,
            blocking=case.policy.blocking and (outcome != "inconclusive" or undecided),
            figures=(*found, *spared),
            advice=GATHER if outcome == "inconclusive" and not open_ else _advice(outcome, surely),
        )


def _check_same_rows(challenger: Paired, champion: Paired) -> None:
    if challenger.classes != champion.classes or not np.array_equal(challenger.truth, champion.truth):
        raise DataError(
            "The two models did not answer the same rows.", next_step="answer the test part with both"
        )


def _accuracies(audit: Audit, champion: Paired, judged: Masks) -> list[Figure]:
    """Return each group's difference of accuracies.

    Interval: Bonett and Price (2012), Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data; it holds where few rows or none are answered otherwise.
    """
    gains = (audit.paired.labels == audit.paired.truth).astype(int) - (champion.labels == champion.truth)
    z = _critical(len(judged))
    figures = []
    users = audit.paired.users
    for group, mask in judged.items():
        rows, gain = int(mask.sum()), gains[mask]
        tell = float(rows) if users is None else worth(gain.astype(np.float64), users[mask])
        won, lost = (_times(gain > 0, tell) + 1) / (tell + 2), (_times(gain < 0, tell) + 1) / (tell + 2)
        middle, half = won - lost, z * np.sqrt((won + lost - (won - lost) ** 2) / (tell + 2))
        span = Interval(low=max(-1.0, float(middle - half)), high=min(1.0, float(middle + half)))
        value = float(gain.mean())
        figures.append(Figure(name="difference:accuracy", value=value, rows=rows, interval=span, group=group))
    return figures


def _errors(audit: Audit, champion: Paired, judged: Masks) -> list[Figure]:
    """Return the share of the champion's mean absolute error that is saved, of each group where it makes one.

    Interval: of the log of the ratio of the two errors, paired row by row (Cochran 1977, Sampling Techniques, section
    6.4, which is the bootstrap's standard error without the resamples).
    """
    ours, theirs = np.abs(audit.paired.labels - audit.paired.truth), np.abs(champion.labels - champion.truth)
    users = audit.paired.users
    figures = []
    for group, mask in judged.items():
        upper, lower, rows = float(ours[mask].mean()), float(theirs[mask].mean()), int(mask.sum())
        if lower == 0 and upper > 0:
            continue  # no share of nothing: `_errors_of_spared`
        ratio = upper / lower if lower else 1.0
        reach = 1.0
        if ratio > 0 and lower:
            apart = ours[mask] / upper - theirs[mask] / lower
            with np.errstate(over="ignore"):
                reach = float(np.exp(_reach(apart, None if users is None else users[mask], len(judged))))
        # The rows of a single user bound nothing.
        span = Interval(low=1 - ratio * reach, high=1 - ratio / reach) if np.isfinite(reach) else None
        figures.append(
            Figure(name="relative_error_reduction", value=1 - ratio, rows=rows, interval=span, group=group)
        )
    return figures


def _errors_of_spared(audit: Audit, champion: Paired, judged: Masks) -> list[Figure]:
    """Return the challenger's error, negative, in each group where the champion makes none, the greatest first."""
    ours, theirs = np.abs(audit.paired.labels - audit.paired.truth), np.abs(champion.labels - champion.truth)
    users, level = audit.paired.users, shared_level(len(judged))
    found = []
    for group, mask in judged.items():
        if not theirs[mask].any() and ours[mask].any():
            ends = means([-ours[mask]], level, None if users is None else [users[mask]])
            low, high = float(ends.lows[0]), float(ends.highs[0])
            span = Interval(low=low, high=high) if np.isfinite([low, high]).all() else None
            value, rows = -float(ours[mask].mean()), int(mask.sum())
            found.append(
                Figure(
                    name="difference:neg_mean_absolute_error",
                    value=value,
                    rows=rows,
                    interval=span,
                    group=group,
                )
            )
    return sorted(found, key=lambda figure: figure.value)


def _times(hit: Array, rows: float) -> float:
    """Return how many of so many rows hit, when as great a share does as here."""
    return float(hit.sum()) if rows == len(hit) else float(hit.mean()) * rows


def _critical(groups: int) -> float:
    return float(norm.ppf(1 - (1 - LEVEL) / (2 * groups)))


def _reach(values: Array, users: Users | None, groups: int) -> float:
    """Return how far the interval of a mean reaches; by Student's t of the users where these repeat."""
    if users is None:
        return float(_critical(groups) * values.std(ddof=1) / np.sqrt(len(values)))
    tail = 1 - (1 - LEVEL) / (2 * groups)
    return float(student.ppf(tail, max(1, number_of(users) - 1)) * error_of_mean(values, users))


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
