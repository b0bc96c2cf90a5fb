"""Waivers: permission for a gate to be red for a while, by a person, for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict, Waiver


def apply_waivers(
    verdicts: Sequence[Verdict], waivers: Sequence[Waiver], *, today: date
) -> tuple[Verdict, ...]:
    """Return the verdicts with each one that stops a release carrying the waiver that covers it on this day.

    A waiver's gate is a name or a pattern (`fairness/*`). One that has expired lets nothing through, and fails itself
    though its gate be green: whoever gave it said until when it is to be looked at again. Others that no red gate needs
    are named in a verdict of their own.
    """
    answered = [_waived(verdict, waivers, today) if verdict.stops else verdict for verdict in verdicts]
    gates, red = [one.gate for one in verdicts], [one.gate for one in verdicts if one.stops]
    late, unused = [], []
    for waiver in waivers:
        needed = any(fnmatchcase(gate, waiver.gate) for gate in red)
        if waiver.expired(today):
            late.append((waiver, "still red" if needed else _why_unused(waiver, gates)))
        elif not needed:
            unused.append(waiver)
    case = WaiverCase(late, unused, gates)
    return (*answered, *ExpiredWaivers().verdicts(case), *UnusedWaivers().verdicts(case))


def _waived(verdict: Verdict, waivers: Sequence[Waiver], today: date) -> Verdict:
    """Return a red verdict with the first waiver that covers it, or with the owner of the first that did."""
    mine = [waiver for waiver in waivers if fnmatchcase(verdict.gate, waiver.gate)]
    for waiver in mine:
        if not waiver.expired(today):
            return verdict.model_copy(update={"waiver": waiver})
    if not mine:
        return verdict
    reason = f"{verdict.reason} The waiver of {mine[0].owner} expired on {mine[0].expires}."
    return verdict.model_copy(update={"reason": reason})


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
