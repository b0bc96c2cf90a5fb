"""The questions of the data monitor: one for each column and measure, with its figure and its threshold."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Interval
from trunkline.core.policy.monitoring import Monitoring
from trunkline.measure.intervals import tail_above, wilson
from trunkline.measure.wording import percent
from trunkline.predictions import LogWindow

from .drift import Drift, column_drift
from .profiles import AnyProfile, CategoryProfile, NumberProfile, Profile
from .profiling import UNJUDGED, profile_answers

LARGE_PSI = 1.0
"""Above this a drift is critical: the two distributions hardly overlap."""
LARGE_SHARE = 0.5
"""Above this share of rejected requests, nulls or unknown values the trouble is critical."""
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
    window: LogWindow, reference: Profile, contract: Contract, policy: Monitoring, bundle: str
) -> list[Question]:
    """Return a question for each column, measure and kind of answer that window and reference both have."""
    answers = window.predictions
    profile = profile_answers(reference, answers, contract)
    questions = []
    for name, before in reference.columns.items():
        after = profile.columns[name]
        column = contract.column(name)
        # Audit columns are optional in requests: one that no client sends is not drift.
        if after.count or column.role is not Role.AUDIT:
            questions += _about_column(name, before, after, policy, judged=column.type not in UNJUDGED)
    own = [answer for answer in answers if bundle in ("", answer.bundle)]
    outputs = profile_answers(reference, own, contract)
    for measure, usual, given in (
        ("psi of the label", reference.label, outputs.label),
        ("psi of the score", reference.score, outputs.score),
    ):
        if usual and given and (found := column_drift(usual, given)):
            questions.append(_about_shift(PREDICTION, measure, found, policy, _moved(usual, given, found)))
    return questions


def _about_column(
    name: str, before: AnyProfile, after: AnyProfile, policy: Monitoring, *, judged: bool
) -> list[Question]:
    questions = []
    if judged and (found := column_drift(before, after)):
        questions.append(_about_shift(name, "psi", found, policy, _moved(before, after, found)))
    rows = after.count + after.nulls
    usual = before.nulls / max(1, before.count + before.nulls)
    questions.append(
        _about_share(name, "share of nulls", after.nulls, rows, usual, policy, f"{percent(usual)} at release")
    )
    if not judged:
        return questions
    if isinstance(before, CategoryProfile) and isinstance(after, CategoryProfile) and not before.other:
        values = sorted(after.unseen.items(), key=lambda item: (-item[1], item[0]))[:3]
        detail = ", ".join(f"{value[:40]!r} {times}" for value, times in values)
        questions.append(
            _about_share(name, "share of unknown values", after.other, rows, 0.0, policy, detail)
        )
    return questions


def _about_shift(subject: str, measure: str, found: Drift, policy: Monitoring, detail: str) -> Question:
    return Question(
        subject, measure, found.psi, policy.data.psi, found.interval, found.p_value, detail, LARGE_PSI
    )


def _about_share(
    subject: str, measure: str, hits: int, rows: int, usual: float, policy: Monitoring, detail: str
) -> Question:
    threshold = min(1.0, usual + policy.data.rejections)
    return Question(
        subject,
        measure,
        hits / max(1, rows),
        threshold,
        wilson(hits, rows),
        tail_above(hits, rows, threshold),
        detail,
        LARGE_SHARE,
    )


def _moved(before: AnyProfile, after: AnyProfile, found: Drift) -> str:
    cell, was, now = found.shifts[0]
    words = f"{cell}: {percent(was)} at release, {percent(now)} now"
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        words = f"mean {before.mean or 0:.3g} at release, {after.mean or 0:.3g} now; {words}"
    return words
