"""Waivers: permission for a gate to be red for a while, by a person, for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from trunkline.core.errors import PolicyError
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict, Waiver


def apply_waivers(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], *, today: date
) -> tuple[Verdict, ...]:
    """Return the verdicts with each one that stops a release carrying the waiver that covers it on this day.

    A waiver's gate is a name or a pattern (`fairness/*`). One that has expired lets nothing through, and fails itself
    though its gate be green: whoever gave it said until when it is to be looked at again. Others that no red gate needs
    are named in a verdict of their own.
    Raises PolicyError when a date cannot be read, the owner or the reason is blank, or a pattern covers every room.
    """
    for position, waiver in enumerate(waivers):
        _check(waiver, position)
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
    gates = [verdict.gate for verdict in verdicts]
    late, unused = [], []
    for waiver, last, was in zip(waivers, last_days, needed, strict=True):
        if today > last:
            late.append((waiver, "still red" if was else _why_unused(waiver, gates)))
        elif not was:
            unused.append(waiver)
    case = WaiverCase(late, unused, gates)
    return (*answered, *ExpiredWaivers().verdicts(case), *UnusedWaivers().verdicts(case))


def _check(waiver: Waiver, position: int) -> None:
    for key in ("owner", "reason"):
        if not getattr(waiver, key).strip():
            raise PolicyError(
                f"gates.waivers.{position}.{key} is empty.",
                next_step="write who answers for it" if key == "owner" else "write why it may be red",
            )
    room = waiver.gate.partition("/")[0]
    if any(sign in room for sign in "*?["):
        raise PolicyError(
            f"gates.waivers.{position}.gate covers gates of more than one room.",
            value=waiver.gate,
            next_step="begin it with the room, as fairness/*; one waiver a room",
        )


def _last_day(waiver: Waiver, position: int) -> date:
    try:
        return date.fromisoformat(waiver.expires)
    except ValueError as error:
        raise PolicyError(
            f"gates.waivers.{position}.expires is no date.",
            value=waiver.expires,
            next_step="write the last day on which it holds as YYYY-MM-DD",
        ) from error


@dataclass(frozen=True)
class WaiverCase:
    """The waivers that have expired, each with whether its gate is red, and those that no gate needs."""

    late: Sequence[tuple[Waiver, str]]
    unused: Sequence[Waiver]
    gates: Sequence[str]


class ExpiredWaivers(Gate[WaiverCase]):
    """The last day of each waiver is compared with the day of the judgement.

    Pass: Not shown: all of them hold.
    Fail: One has expired, whether or not its gate is still red; if it is, what it let through stops releases
    again.
    Inconclusive: Never.
    Advice: Take it out of `gates.waivers` if its gate is no longer red. If it is, mend what it was for, or have
    its owner extend it in a reviewed change.
    """

    name = "waivers/expired"
    question = "Is every waiver still in force?"
    keys = ("gates.waivers",)

    def applies(self, case: WaiverCase) -> bool:
        return bool(case.late)

    def verdict(self, case: WaiverCase) -> Verdict:
        words = ", ".join(
            f"{waiver.gate} ({waiver.owner}, until {waiver.expires}: {waiver.reason}; {state})"
            for waiver, state in case.late
        )
        return self.answer("fail", f"Waivers that have expired: {words}.")


class UnusedWaivers(Gate[WaiverCase]):
    """Each waiver is matched with the gates that are red.

    Pass: Always; the reason names the waivers in force that nothing needs. Where all are needed the gate is not
    shown.
    Fail: Never.
    Inconclusive: Never.
    Advice: Take them out of `gates.waivers`.
    """

    name = "waivers/unused"
    question = "Is every waiver needed?"
    keys = ("gates.waivers",)

    def applies(self, case: WaiverCase) -> bool:
        return bool(case.unused)

    def verdict(self, case: WaiverCase) -> Verdict:
        words = [f"{waiver.gate} ({_why_unused(waiver, case.gates)})" for waiver in case.unused]
        reason = f"Waivers that nothing needs: {', '.join(words)}."
        return self.answer("pass", reason, blocking=False, advice=self.explanation().advice)


def _why_unused(waiver: Waiver, gates: Sequence[str]) -> str:
    known = any(fnmatchcase(gate, waiver.gate) for gate in gates)
    return "no longer red" if known else "no gate has this name"
