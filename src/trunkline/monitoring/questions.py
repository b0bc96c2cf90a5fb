"""The questions of the data monitor: one for each column and measure, with its figure and its threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Interval
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.inputs import InputType, input_of
from trunkline.inputs.drift import blind_parts, column_drift, counts_drift
from trunkline.inputs.profiles import (
    AnyProfile,
    CategoryProfile,
    Counts,
    NumberProfile,
    PartsProfile,
    measures,
)
from trunkline.measure.intervals import tail_above, wilson
from trunkline.measure.psi import Drift
from trunkline.measure.wording import percent
from trunkline.predictions import LogWindow

from .by_users import ByUsers, profile_by_users
from .profiles import Profile

LARGE_PSI = 1.0
"""Above this a drift is critical: the two distributions hardly overlap."""
LARGE_SHARE = 0.5
"""Above this share of rejected requests, nulls or unknown values the trouble is critical."""
UNKNOWN = "share of unknown values"
PREDICTION = "prediction"
"""The subject of findings about what the model answered."""


@dataclass(frozen=True)
class Question:
    """One test of the family that Holm's correction covers."""

    subject: str
    measure: str
    value: float
    threshold: float
    interval: Interval
    p_value: float
    detail: str
    large: float


def questions_about(
    profile: ByUsers,
    window: LogWindow,
    reference: Profile,
    contract: Contract,
    policy: DataMonitor,
    bundle: str,
) -> list[Question]:
    """Return a question for each column, measure and kind of answer that a window and the reference both have.

    `profile` is that of the window.
    """
    questions = []
    for name, before in reference.columns.items():
        after = profile.whole.columns[name]
        column = contract.column(name)
        # Audit columns are optional in requests: one that no client sends is not drift.
        if after.count or column.role is not Role.AUDIT:
            questions += _about_column(input_of(column), before, profile, policy)
    own = [answer for answer in window.predictions if bundle in ("", answer.bundle)]
    outputs = profile if len(own) == len(window.predictions) else profile_by_users(reference, own, contract)
    usual: Counts | None
    for answer, usual in (("label", reference.label), ("score", reference.score)):
        given = getattr(outputs.whole, answer)
        groups = [getattr(group, answer) for group in outputs.groups]
        if usual and given and (found := counts_drift(usual, given, groups, outputs.most)):
            moved = _moved(usual, given, found)
            questions.append(_about_shift(PREDICTION, f"psi of the {answer}", found, policy, moved))
    for name, before in reference.answers.items():
        now = outputs.whole.answers.get(name)
        groups = [group.answers[name] for group in outputs.groups]
        if now is not None and (found := counts_drift(before, now, groups, outputs.most)):
            questions.append(
                _about_shift(PREDICTION, f"psi of the {name}", found, policy, _moved(before, now, found))
            )
    return questions


def not_judged(profile: Profile, reference: Profile, contract: Contract) -> tuple[list[str], list[str]]:
    """Return the columns of which nothing can be compared, and in words the parts of others."""
    columns, parts = [], []
    for name, before in reference.columns.items():
        held, after = input_of(contract.column(name)), profile.columns[name]
        if not after.count or not isinstance(before, PartsProfile):
            continue
        blind = blind_parts(held, before, after)
        if not column_drift(held, before, after):
            columns.append(name)
        else:
            parts += [f"the {part} of {name} ({reason})" for part, reason in blind.items()]
    return columns, parts


def _about_column(
    held: InputType, before: AnyProfile, profile: ByUsers, policy: DataMonitor
) -> list[Question]:
    name = held.column.name
    after = profile.whole.columns[name]
    shifts = column_drift(
        held, before, after, [group.columns[name] for group in profile.groups], profile.most
    )
    usual = before.nulls / max(1, before.count + before.nulls)
    questions = [
        _about_shift(
            name,
            f"psi of the {part}" if part else "psi",
            found,
            policy,
            _moved(measures(before)[part], measures(after)[part], found),
        )
        for part, found in shifts.items()
    ]
    questions.append(
        _about_share(
            name,
            "share of nulls",
            lambda given: given.columns[name].nulls,
            profile,
            usual,
            policy,
            f"{percent(usual)} at release",
        )
    )
    for part in held.open_parts:
        known, given = measures(before).get(part), measures(after).get(part)
        if isinstance(known, CategoryProfile) and isinstance(given, CategoryProfile) and not known.other:
            values = sorted(given.unseen.items(), key=lambda item: (-item[1], item[0]))[:3]
            detail = ", ".join(f"{value[:40]!r} {times}" for value, times in values)
            measure = f"{UNKNOWN} of the {part}" if part else UNKNOWN
            hits = partial(_unknown, name, part)
            questions.append(_about_share(name, measure, hits, profile, 0.0, policy, detail))
    return questions


def _about_shift(subject: str, measure: str, found: Drift, policy: DataMonitor, detail: str) -> Question:
    return Question(subject, measure, found.psi, policy.psi, found.interval, found.p_value, detail, LARGE_PSI)


def _about_share(
    subject: str,
    measure: str,
    hits: Callable[[Profile], int],
    profile: ByUsers,
    usual: float,
    policy: DataMonitor,
    detail: str,
) -> Question:
    def rows(given: Profile) -> int:
        return given.columns[subject].count + given.columns[subject].nulls

    threshold = min(1.0, usual + policy.rejections)
    share = hits(profile.whole) / max(1, rows(profile.whole))
    tell = profile.worth(hits, rows)
    return Question(
        subject,
        measure,
        share,
        threshold,
        wilson(share * tell, tell),
        tail_above(round(share * tell), round(tell), threshold),
        detail,
        LARGE_SHARE,
    )


def _unknown(name: str, part: str, profile: Profile) -> int:
    given = measures(profile.columns[name])[part]
    return given.other if isinstance(given, CategoryProfile) else 0


def _moved(before: Counts, after: Counts, found: Drift) -> str:
    cell, was, now = found.shifts[0]
    words = f"{cell}: {percent(was)} at release, {percent(now)} now"
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        words = f"mean {before.mean or 0:.3g} at release, {after.mean or 0:.3g} now; {words}"
    return words
