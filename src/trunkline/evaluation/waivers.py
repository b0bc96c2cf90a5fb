"""Waivers: permission for a gate to be red for a while, by a person, for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase

from trunkline.core.errors import PolicyError
from trunkline.core.records import Verdict, Waiver


def apply_waivers(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], *, today: date
) -> tuple[Verdict, ...]:
    """Return the verdicts with each one that stops a release carrying the waiver that covers it on this day.

    A waiver's gate is a name or a pattern (`fairness/*`). One that has expired changes nothing but the reason, which
    says so; those that no red gate needs are named in a verdict of their own.
    Raises PolicyError when a date cannot be read.
    """
    last_days = [_last_day(waiver, position) for position, waiver in enumerate(waivers)]
    needed = [False] * len(waivers)
    answered = []
    for verdict in verdicts:
        if not verdict.stops:
            answered.append(verdict)
            continue
        expired: Waiver | None = None
        valid: Waiver | None = None
        for position, waiver in enumerate(waivers):
            if not fnmatchcase(verdict.gate, waiver.gate):
                continue
            needed[position] = True
            if today <= last_days[position]:
                valid = valid or waiver
            else:
                expired = expired or waiver
        if valid is not None:
            answered.append(verdict.model_copy(update={"waiver": valid}))
        elif expired is not None:
            reason = f"{verdict.reason} The waiver of {expired.owner} expired on {expired.expires}."
            answered.append(verdict.model_copy(update={"reason": reason}))
        else:
            answered.append(verdict)
    unused = [waiver for waiver, was in zip(waivers, needed, strict=True) if not was]
    if unused:
        answered.append(_unused(unused, [verdict.gate for verdict in verdicts]))
    return tuple(answered)


def _last_day(waiver: Waiver, position: int) -> date:
    try:
        return date.fromisoformat(waiver.expires)
    except ValueError as error:
        raise PolicyError(
            f"gates.waivers.{position}.expires is no date.",
            value=waiver.expires,
            next_step="write the last day on which it holds as YYYY-MM-DD",
        ) from error


def _unused(waivers: Sequence[Waiver], gates: Sequence[str]) -> Verdict:
    words = []
    for waiver in waivers:
        known = any(fnmatchcase(gate, waiver.gate) for gate in gates)
        words.append(f"{waiver.gate} ({'no longer red' if known else 'no gate has this name'})")
    return Verdict(
        gate="waivers/unused",
        outcome="pass",
        blocking=False,
        question="Is every waiver needed?",
        reason=f"Waivers that nothing needs: {', '.join(words)}.",
        advice="Take them out of gates.waivers.",
    )
