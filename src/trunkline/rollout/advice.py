"""Whether a challenger goes on, goes back or waits: a pure decision from a stage's figures and the policy."""

from __future__ import annotations

import math
from typing import ClassVar, Literal, get_args

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.delivery import Rollout, Stage
from trunkline.core.record import Record
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.intervals import wilson
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, percent

from .stage import ArmFigures, StageEvidence

FEWEST = 20
"""Requests before which no failure or delay sends a challenger back: one bad second is no evidence."""
TAIL = 0.05
"""The share of answers that may be slower than the limit of a 95th percentile."""
UNSEEN = 0.05
"""The share of answers that a silent challenger may leave out before somebody has to look."""
_ORDER: tuple[Stage, ...] = get_args(Stage)


class Advice(Record):
    """What to do with the challenger, and the questions that it rests on."""

    SCHEMA: ClassVar[str] = "trunkline/advice/1"

    action: Literal["go on", "go back", "wait"]
    stage: Stage
    """The stage that comes next: single where the way leads back."""
    reason: str
    verdicts: tuple[Verdict, ...]


def advise(evidence: StageEvidence, policy: Rollout) -> Advice:
    """Return what to do: back as soon as one question is answered with no, on when all are answered with yes."""
    verdicts = judge_stage(evidence, policy)
    against = [verdict for verdict in verdicts if verdict.blocking and verdict.outcome == "fail"]
    missing = [verdict for verdict in verdicts if verdict.blocking and verdict.outcome == "inconclusive"]
    following = _ORDER[_ORDER.index(evidence.strategy) + 1 :]
    stage = next((stage for stage in following if stage in policy.stages), "single")
    if against:
        reason = " ".join(verdict.reason for verdict in against)
        return Advice(action="go back", stage="single", reason=reason, verdicts=verdicts)
    if missing:
        reason = " ".join(verdict.reason for verdict in missing)
        return Advice(action="wait", stage=stage, reason=reason, verdicts=verdicts)
    reason = f"Version {evidence.challenger.version} passed every question of the {evidence.strategy} stage."
    return Advice(action="go on", stage=stage, reason=reason, verdicts=verdicts)


def level_of(policy: Rollout) -> float:
    """Return the level of each interval, so that all of them together keep the policy's confidence (Bonferroni)."""
    questions = 4 if policy.agreement else 3
    return shared_level(questions, policy.confidence)


def judge_stage(evidence: StageEvidence, policy: Rollout) -> tuple[Verdict, ...]:
    """Return the answer to every question of a stage.

    *fail* needs the whole interval past the limit, *pass* the whole interval within it; all between is inconclusive.
    """
    level = level_of(policy)
    found = [_rows(evidence, policy), _hours(evidence, policy), _failures(evidence, policy.failures, level)]
    found += [_latency(evidence, policy.latency_p95_ms, level), _quality(evidence, policy)]
    if evidence.strategy == "silent":
        found.append(_seen(evidence, level))
    if evidence.agreement:
        found.append(_agreement(evidence.agreement, policy.agreement))
    if evidence.shift:
        found.append(_shift(evidence.shift, policy.answer_psi))
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
    missing = policy.minimum_hours - evidence.hours
    words = f"The {evidence.strategy} stage has lasted {evidence.hours:.1f} hours"
    reason = f"{words}; {missing:.1f} more are needed." if missing > 0 else f"{words}."
    return _verdict("hours", "inconclusive" if missing > 0 else "pass", reason, "Has it lasted long enough?")


def _failures(evidence: StageEvidence, limit: float, level: float) -> Verdict:
    def tries(arm: ArmFigures) -> tuple[int, int]:
        return arm.failures, arm.answers + arm.failures

    return _share(
        evidence, "failures", "failed on", tries(evidence.challenger), tries(evidence.champion), limit, level
    )


def _latency(evidence: StageEvidence, limit_ms: float, level: float) -> Verdict:
    def tries(arm: ArmFigures) -> tuple[int, int]:
        return arm.slow, arm.answers

    words = f"took more than {limit_ms:g} ms on"
    return _share(
        evidence, "latency", words, tries(evidence.challenger), tries(evidence.champion), TAIL, level
    )


def _share(
    evidence: StageEvidence,
    gate: str,
    words: str,
    own: tuple[int, int],
    other: tuple[int, int],
    limit: float,
    level: float,
) -> Verdict:
    """Answer a question about the share of requests with a trouble, which must be the challenger's own."""
    question = {"failures": "Does it answer without failing?", "latency": "Is it fast enough?"}[gate]
    hits, rows = own
    name = f"Version {evidence.challenger.version}"
    if rows < FEWEST:
        reason = f"{name} was asked {rows} times; {FEWEST - rows} more are needed to say anything."
        return _verdict(gate, "inconclusive", reason, question)
    span = wilson(hits, rows, level)
    reason = f"{name} {words} {hits:,} of {rows:,} ({between(span)}, tolerated {limit:.3g})"
    if span.low > limit:
        if other[1] >= FEWEST and wilson(*other, level).low > limit:
            reason += f"; so did the champion on {other[0]:,} of {other[1]:,}: it is not its trouble alone."
            return _verdict(gate, "inconclusive", reason, question)
        return _verdict(gate, "fail", f"{reason}.", question)
    if span.high <= limit:
        return _verdict(gate, "pass", f"{reason}.", question)
    return _verdict(gate, "inconclusive", f"{reason}{_rows_for(hits, rows, limit, level)}.", question)


def _rows_for(hits: int, rows: int, limit: float, level: float) -> str:
    """Say how many more rows would settle it if the share stays; nothing where none would."""
    wanted = float(rows)
    while hits / rows < limit and wanted < 1e7:
        wanted *= 1.2
        if wilson(hits * wanted / rows, wanted, level).high <= limit:
            return f"; about {math.ceil(wanted) - rows:,} more requests would settle it"
    return "; it lies too close to the limit to be told apart"


def _quality(evidence: StageEvidence, policy: Rollout) -> Verdict:
    question = "Is it as good as the champion?"
    figure = evidence.difference
    if figure is None or figure.interval is None:
        own, other = evidence.challenger.labelled, evidence.champion.labelled
        known = f"{own:,} outcomes are known, and {other:,} of the champion"
        reason = f"{evidence.metric} cannot be compared: {known}{', from too few users' if figure else ''}."
        return _verdict("quality", "inconclusive", reason, question, blocking=policy.require_truth)
    span = figure.interval
    words = f"{evidence.metric} of version {evidence.challenger.version} lies {figure.value:+.3f} from the champion's"
    reason = f"{words} ({between(span)}, tolerated {-policy.margin:g}) on {figure.rows:,} labelled answers"
    if span.high < -policy.margin:
        return _verdict("quality", "fail", f"{reason}.", question)
    if span.low >= -policy.margin:
        return _verdict("quality", "pass", f"{reason}.", question)
    room = figure.value + policy.margin
    if room > 0:
        more = math.ceil(figure.rows * (((span.high - span.low) / 2 / room) ** 2 - 1))
        reason += f"; about {max(1, more):,} more would settle it" if more < 1e7 else ""
    return _verdict("quality", "inconclusive", f"{reason}.", question)


def _seen(evidence: StageEvidence, level: float) -> Verdict:
    rows = evidence.champion.answers
    span = wilson(evidence.unseen, rows, level)
    reason = f"Version {evidence.challenger.version} gave no answer beside {evidence.unseen:,} of {rows:,}"
    if rows >= FEWEST and span.low > UNSEEN:
        reason += f": {_why_unseen(evidence)}."
        return _verdict("seen", "inconclusive", reason, "Did it see what users sent?")
    return _verdict("seen", "pass", f"{reason}.", "Did it see what users sent?")


def _why_unseen(evidence: StageEvidence) -> str:
    why, failed = evidence.why_unseen, evidence.challenger.failures
    fields = f" (in {', '.join(why.fields)})" if why.fields else ""
    left = evidence.unseen - why.refused - failed - why.dropped
    said = [
        f"its contract refuses {why.refused:,}{fields}" if why.refused else "",
        f"it failed on {failed:,}" if failed else "",
        f"it was too slow to follow {why.dropped:,}" if why.dropped else "",
        f"the service's log does not say why of {left:,}" if left > 0 else "",
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


def _shift(figure: Figure, limit: float) -> Verdict:
    low = figure.interval.low if figure.interval else figure.value
    outcome: Outcome = "fail" if low > limit else "pass"
    reason = f"The distributions of the two versions' answers lie {figure.value:.2f} apart (PSI, {limit:g} is much)."
    return _verdict("answers", outcome, reason, "Do both answer alike on the whole?", blocking=False)
