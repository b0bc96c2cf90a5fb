"""The data monitor: do the requests still look like what the model was built on?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from trunkline.core.contract import Contract
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.core.signals import Finding
from trunkline.measure.intervals import wilson
from trunkline.measure.multiplicity import holm
from trunkline.measure.wording import between, count, join, percent
from trunkline.predictions import LogWindow

from .by_users import profile_by_users
from .evidence import Evidence
from .monitor import Monitor, Seen
from .questions import LARGE_SHARE, UNKNOWN, Question, not_judged, questions_about
from .rejections import rejection_findings

SHOWN = 3
"""How many measures that are not decided a summary tells of."""


class Data(Monitor[DataMonitor]):
    """The newest requests are compared with the profile of the data that the champion was built on.

    Drift needs both effect and significance: noise-corrected PSI above `psi`, and a p-value below `significance`
    after Holm's correction over all columns and measures. Nulls (above their share in the reference) and values
    that the reference never saw may make up `rejections` of the rows, as may requests that break the contract. What
    may lie on either side of its threshold is inconclusive: a PSI whose interval reaches it, a share above it that
    chance may explain. So is a column without any part that can be compared; for others the summary names the parts
    that cannot be compared, such as the month where the window covers no year. The model's answers are compared
    only where they are the champion's: a reference belongs to one model. Where users have several answers, these
    count as many as they are worth, and the reference's users are taken to repeat alike.
    """

    kind = "data"
    question = "Do the requests still look like what the model was built on?"
    section = DataMonitor
    advice = (
        "Ask whoever sends the inputs what changed: a unit, a new category, a broken source.",
        "If the inputs are wrong, mend the source: this issue closes itself once the inputs are as before.",
        "If the world changed, widen the contract in `contract.py` by a pull request and run"
        " `trunkline retrain {environment}`.",
    )

    def look(self, evidence: Evidence) -> Seen:
        """Compare the newest `policy.window_rows` requests with the reference."""
        contract, reference, policy = evidence.contract, evidence.reference, evidence.policy
        window = evidence.window.newest(policy.window_rows)
        rows = window.requests
        torn = f" {count(window.torn, 'line')} of the log could not be read." if window.torn else ""
        if rows < policy.minimum_rows:
            words = f"{count(rows, 'request')} so far; {policy.minimum_rows} are needed to judge the inputs."
            return Seen("inconclusive", words + torn, rows)
        profile = profile_by_users(reference, window.predictions, contract)
        questions = questions_about(profile, window, reference, contract, self.settings, evidence.bundle)
        adjusted = holm([question.p_value for question in questions])
        drifted = [
            (question, p_value)
            for question, p_value in zip(questions, adjusted, strict=True)
            if question.value > question.threshold and p_value < self.settings.significance
        ]
        drifted.sort(key=lambda pair: -pair[0].value / pair[0].large)
        lead = _widest(questions)
        rejected = rejection_findings(window, contract, self.settings.rejections)
        unjudged, parts = not_judged(profile.whole, reference, contract)
        blind = _blind(unjudged, parts, contract) + torn
        if drifted or rejected:
            return Seen(
                "alarm",
                _alarm([question for question, _ in drifted], rejected) + blind,
                rows,
                (*(_finding(question, p_value) for question, p_value in drifted), *rejected),
                lead=lead,
                critical=any(question.value > question.large for question, _ in drifted)
                or any(finding.interval.low > LARGE_SHARE for finding in rejected if finding.interval),
            )
        if open_ := _undecided(questions, window, self.settings):
            words = f"{rows:,} requests are too few to say whether the inputs drifted: {join(open_)}."
            return Seen("inconclusive", words + blind, rows, lead=lead)
        state: Literal["quiet", "inconclusive"] = "inconclusive" if unjudged else "quiet"
        return Seen(state, _quiet(questions, window) + blind, rows, unjudged=tuple(unjudged), lead=lead)


def _undecided(questions: Sequence[Question], window: LogWindow, policy: DataMonitor) -> list[str]:
    """Return in words what may be above its threshold, and may not, given that no question is an alarm."""
    open_ = [
        question
        for question in questions
        if question.value > question.threshold
        or (question.measure.startswith("psi") and question.interval.high > question.threshold)
    ]
    words = [
        f"{_measured(question)} is {question.value:.2g} ({between(question.interval)}, "
        f"tolerated {question.threshold:.2g})"
        for question in sorted(open_, key=lambda question: -question.interval.high / question.large)
    ]
    share = len(window.rejections) / max(1, window.requests)
    if share > policy.rejections:
        interval = wilson(len(window.rejections), window.requests)
        words.append(
            f"the share of rejected requests is {share:.2g} ({between(interval)}, tolerated {policy.rejections:g})"
        )
    more = len(words) - SHOWN
    return [*words[:SHOWN], f"{count(more, 'other measure')}"] if more > 0 else words


def _measured(question: Question) -> str:
    return (
        f"the PSI of {_name(question)}"
        if question.measure.startswith("psi")
        else f"the {question.measure} of {question.subject}"
    )


def _blind(unjudged: Sequence[str], parts: Sequence[str], contract: Contract) -> str:
    """Return what is not judged, as a sentence of its own."""
    named = [*(f"{name} ({contract.column(name).type})" for name in unjudged), *parts]
    return f" Not judged: {join(named)}." if named else ""


def _finding(question: Question, p_value: float) -> Finding:
    return Finding(
        subject=question.subject,
        measure=question.measure,
        value=question.value,
        threshold=question.threshold,
        interval=question.interval,
        p_value=p_value,
        detail=question.detail,
    )


def _alarm(drifted: Sequence[Question], rejected: Sequence[Finding]) -> str:
    sentences = []
    if drifted:
        sentences.append(
            f"Requests differ from the data at release: {join([_words(one) for one in drifted])}."
        )
    if rejected:
        total, *kinds = rejected
        words = f"{total.detail} ({percent(total.value)}, {between(total.interval, percent)})"
        why = f", mostly {kinds[0].subject}: {kinds[0].detail}" if kinds else ""
        sentences.append(f"{words}{why}.")
    return " ".join(sentences)


def _words(question: Question) -> str:
    detail = f"; {question.detail}" if question.detail else ""
    if question.measure == "share of nulls":
        return f"{question.subject} is null in {percent(question.value)} of rows ({question.detail})"
    if question.measure.startswith(UNKNOWN):
        return f"{_name(question)} has values never seen before ({percent(question.value)} of rows{detail})"
    return f"{_name(question)} (PSI {question.value:.2f}, tolerated {question.threshold:g}{detail})"


def _widest(questions: Sequence[Question]) -> Finding | None:
    """Return the largest shift, drifted or not, with its p-value before the correction left out."""
    shifts = [question for question in questions if question.measure.startswith("psi")]
    if not shifts:
        return None
    widest = max(shifts, key=lambda question: question.value)
    return Finding(
        subject=_name(widest),
        measure="psi",
        value=widest.value,
        threshold=widest.threshold,
        interval=widest.interval,
        detail=widest.detail,
    )


def _quiet(questions: Sequence[Question], window: LogWindow) -> str:
    shifts = [question for question in questions if question.measure.startswith("psi")]
    words = f"The newest {count(window.requests, 'request')} look like the data at release"
    if shifts:
        widest = max(shifts, key=lambda question: question.value)
        words += f": the largest PSI is {widest.value:.2f} ({_name(widest)}, tolerated {widest.threshold:g})"
    return f"{words}; {len(window.rejections)} rejected."


def _name(question: Question) -> str:
    what = question.measure.removeprefix("psi").removeprefix(UNKNOWN).removeprefix(" of ")
    return f"{what} of the {question.subject}" if what else question.subject
