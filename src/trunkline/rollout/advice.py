"""Whether a challenger goes on, goes back or waits: a pure decision from a stage's figures and the policy."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.rollout import Rollout, Stage
from trunkline.core.record import Record
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.difference import Difference
from trunkline.measure.wording import between, percent

from .comparing import TAIL
from .stage import StageEvidence

UNSEEN = 0.05
"""The share of answers that a silent challenger may leave out before somebody has to look."""


class Advice(Record):
    """What to do with the challenger, and the questions that it rests on."""

    SCHEMA: ClassVar[str] = "trunkline/advice/1"

    action: Literal["go on", "go back", "wait", "ask"]
    """To ask a person is what waiting comes to when the policy's patience ends."""
    stage: Stage
    """The stage that comes next: single where the way leads back."""
    share: float = 0.0
    """The share of users in that stage, where it is a canary."""
    reason: str
    verdicts: tuple[Verdict, ...]


def advise(evidence: StageEvidence, policy: Rollout) -> Advice:
    """Return what to do: back as soon as one question is answered with no, on when all are answered with yes."""
    verdicts = judge_stage(evidence, policy)
    against = [verdict for verdict in verdicts if verdict.blocking and verdict.outcome == "fail"]
    missing = [verdict for verdict in verdicts if verdict.blocking and verdict.outcome == "inconclusive"]
    following = policy.after(evidence.share)
    stage: Stage = following.strategy if following else "single"
    share = following.share if following else 0.0
    if against:
        reason = " ".join(verdict.reason for verdict in against)
        return Advice(action="go back", stage="single", reason=reason, verdicts=verdicts)
    if missing:
        reason = " ".join(verdict.reason for verdict in missing)
        late = evidence.hours >= policy.patience_hours
        action: Literal["ask", "wait"] = "ask" if late else "wait"
        return Advice(action=action, stage=stage, share=share, reason=reason, verdicts=verdicts)
    reason = f"Version {evidence.challenger.version} passed every question of the {evidence.strategy} stage."
    return Advice(action="go on", stage=stage, share=share, reason=reason, verdicts=verdicts)


def judge_stage(evidence: StageEvidence, policy: Rollout) -> tuple[Verdict, ...]:
    """Return the answer to every question of a stage.

    *pass* needs the whole interval within what is tolerated; *fail* the whole interval on the worse side, and not so
    near that it is tolerated; all between is inconclusive. So a healthy challenger goes back as seldom as the intervals
    leave out the truth, and one that is worse by what is tolerated goes on as seldom.
    """
    quality = _quality(evidence, policy)
    found = [_rows(evidence, policy), _hours(evidence, policy)]
    found += [_failures(evidence, policy), _latency(evidence, policy), quality]
    if evidence.unseen:
        found.append(_seen(evidence, evidence.unseen))
    if evidence.agreement:
        found.append(_agreement(evidence.agreement, policy.agreement))
    if evidence.shift:
        found.append(_shift(evidence.shift, policy.answer_psi, known=quality.outcome == "pass"))
    return tuple(found)


def _verdict(gate: str, outcome: Outcome, reason: str, question: str, *, blocking: bool = True) -> Verdict:
    name = f"rollout/{gate}"
    return Verdict(gate=name, outcome=outcome, reason=reason, question=question, blocking=blocking)


def _rows(evidence: StageEvidence, policy: Rollout) -> Verdict:
    rows = evidence.challenger.answers
    missing = policy.minimum_rows - rows
    words = f"Version {evidence.challenger.version} gave {rows:,} answers"
    reason = f"{words}; {missing:,} more are needed." if missing > 0 else f"{words}."
    return _verdict("rows", "inconclusive" if missing > 0 else "pass", reason, "Has it answered enough?")


def _hours(evidence: StageEvidence, policy: Rollout) -> Verdict:
    missing = policy.hours_of(evidence.share) - evidence.hours
    words = f"The {evidence.strategy} stage has lasted {evidence.hours:.1f} hours"
    reason = f"{words}; {missing:.1f} more are needed." if missing > 0 else f"{words}."
    return _verdict("hours", "inconclusive" if missing > 0 else "pass", reason, "Has it lasted long enough?")


def _failures(evidence: StageEvidence, policy: Rollout) -> Verdict:
    own, other = evidence.challenger, evidence.champion
    words = f"Version {own.version} failed on {own.failures:,} of {own.answers + own.failures:,} requests"
    words += f", the champion on {other.failures:,} of {other.answers + other.failures:,}"
    question = "Does it answer without failing?"
    return _not_worse("failures", question, words, evidence.answered, policy.failures)


def _latency(evidence: StageEvidence, policy: Rollout) -> Verdict:
    own, other = evidence.challenger, evidence.champion
    words = f"Version {own.version} took more than {policy.latency_p95_ms:g} ms on {own.slow:,} of {own.answers:,}"
    words += f" requests, the champion on {other.slow:,} of {other.answers:,}"
    return _not_worse("latency", "Is it fast enough?", words, evidence.quick, TAIL)


def _quality(evidence: StageEvidence, policy: Rollout) -> Verdict:
    own, other = evidence.challenger, evidence.champion
    words = f"{own.labelled:,} outcomes of version {own.version} are known, and {other.labelled:,} of the champion"
    if evidence.labels_missing:
        words += f"; {evidence.labels_missing:,} more are needed"
    if figure := evidence.difference:
        words = f"By {evidence.metric} on {figure.rows:,} labelled answers version {own.version}"
        words += " is compared with the champion"
    question = "Is it as good as the champion?"
    scale = evidence.scale
    of, tolerated = scale.words(policy.margin), scale.amount(policy.margin)
    return _not_worse("quality", question, words, figure, tolerated, of, blocking=policy.require_truth)


def _not_worse(
    gate: str,
    question: str,
    words: str,
    figure: Difference | None,
    tolerated: float,
    of: str = "",
    *,
    blocking: bool = True,
) -> Verdict:
    """Answer a question whose figure is the challenger's less the champion's; `of` says what `tolerated` is."""
    if figure is None or figure.interval is None:
        users = f", from {figure.users:,} users" if figure else ""
        reason = f"{words}: too little to compare{users}."
        return _verdict(gate, "inconclusive", reason, question, blocking=blocking)
    span = figure.interval
    words += f": {figure.value:+.3f} ({between(span)}, tolerated {-tolerated:g}{of}, {figure.users:,} users or more)"
    if span.low >= -tolerated:
        return _verdict(gate, "pass", f"{words}.", question)
    if span.high < 0:
        return _verdict(gate, "fail", f"{words}.", question)
    return _verdict(gate, "inconclusive", f"{words}{_missing(figure)}.", question)


def _missing(figure: Difference) -> str:
    """Say how much more would settle it if the difference stays."""
    if figure.times is None:
        return ""
    users, rows = (max(1, math.ceil(count * (figure.times - 1))) for count in (figure.users, figure.rows))
    return f"; about {users:,} more users ({rows:,} answers) would settle it"


def _seen(evidence: StageEvidence, figure: Figure) -> Verdict:
    unseen = round(figure.value * figure.rows)
    reason = f"Version {evidence.challenger.version} gave no answer beside {unseen:,} of {figure.rows:,}"
    if figure.interval and figure.interval.low > UNSEEN:
        reason += f": {_why_unseen(evidence, unseen)}."
        return _verdict("seen", "inconclusive", reason, "Did it see what users sent?")
    return _verdict("seen", "pass", f"{reason}.", "Did it see what users sent?")


def _why_unseen(evidence: StageEvidence, unseen: int) -> str:
    why, failed = evidence.why_unseen, evidence.challenger.failures
    fields = f" (in {', '.join(why.fields)})" if why.fields else ""
    left = unseen - why.refused - failed - why.dropped
    said = [
        f"its contract refuses {why.refused:,}{fields}" if why.refused else "",
        f"it failed on {failed:,}" if failed else "",
        f"it was too slow to follow {why.dropped:,}" if why.dropped else "",
        f"the log does not say why of {left:,}" if left > 0 else "",
    ]
    return ", ".join(words for words in said if words)


def _agreement(figure: Figure, limit: float) -> Verdict:
    question = "Does it say what the champion says?"
    span = figure.interval or Interval(low=figure.value, high=figure.value)
    reason = f"Both say the same to {percent(figure.value)} of {figure.rows:,} requests ({between(span)})"
    if not limit:
        return _verdict("agreement", "pass", f"{reason}.", question, blocking=False)
    outcome: Outcome = "pass" if span.low >= limit else "fail" if span.high < limit else "inconclusive"
    return _verdict("agreement", outcome, f"{reason}, at least {percent(limit)} wanted.", question)


def _shift(figure: Figure, limit: float, *, known: bool) -> Verdict:
    low = figure.interval.low if figure.interval else figure.value
    question = "Do both answer alike on the whole?"
    reason = f"The distributions of the two versions' answers lie {figure.value:.2f} apart (PSI, {limit:g} is much)"
    if low <= limit:
        return _verdict("answers", "pass", f"{reason}.", question, blocking=False)
    if known:
        return _verdict(
            "answers", "fail", f"{reason}; outcomes show that it is as good.", question, blocking=False
        )
    reason += ", and no outcomes say which are better: propose the next stage by hand, or take it back."
    return _verdict("answers", "inconclusive", reason, question)
