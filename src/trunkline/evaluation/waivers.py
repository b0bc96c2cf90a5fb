"""Waivers: permission for a gate to be red for a while, by a person, for a reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from itertools import combinations, product
from typing import Any, get_args

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.gate import Gate, gates
from trunkline.core.policy.gates import Suite
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict, Waiver
from trunkline.measure.metrics import Metrics
from trunkline.measure.scorers import scorer_names

from .reports.rooms import ROOMS


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


def gate_names(
    policy: Policy, contract: Contract, metrics: Metrics, strangers: Sequence[Gate[Any]] = ()
) -> list[str]:
    """Return every name that a gate of this project may have, whether its question is asked now or not."""
    people = [column.name for column in contract.protected]
    rules = policy.gates.performance
    places = {
        "attribute": [*people, *(" & ".join(two) for two in combinations(people, 2))],
        "metric": sorted({*scorer_names(), *metrics}),
        "slice": [part.name for part in rules.slices],
        "name": [test.name for test in policy.gates.robustness.metamorphic],
        "suite": list(get_args(Suite)),
    }
    found = []
    every: list[Gate[Any] | type[Gate[Any]]] = [*gates(), *strangers]
    for name in (gate.name for gate in every):
        parts = re.split(r"\{(\w+)\}", name)
        choices = [places[part] if place % 2 else [part] for place, part in enumerate(parts)]
        found += ["".join(words) for words in product(*choices)]
    return found


def check_waivers(
    policy: Policy,
    contract: Contract,
    metrics: Metrics,
    *,
    today: date,
    strangers: Sequence[Gate[Any]] = (),
) -> None:
    """Raise PolicyError for a waiver that no gate of this project has the name of, or that has run out."""
    names = gate_names(policy, contract, metrics, strangers)
    for position, waiver in enumerate(policy.gates.waivers):
        key = f"gates.waivers.{position}"
        if not any(fnmatchcase(name, waiver.gate) for name in names):
            raise PolicyError(
                f"{key}.gate fits no gate of this project.",
                value=waiver.gate,
                next_step=_near(waiver.gate, names),
            )
        if waiver.expired(today):
            raise PolicyError(
                f"{key}.expires: the waiver of {waiver.gate} has run out.",
                value=waiver.expires,
                next_step="take it out, or have its owner decide again with a new last day",
            )


def _near(gate: str, names: list[str]) -> str:
    room, slash, rest = gate.partition("/")
    rooms = difflib.get_close_matches(room, ROOMS, n=1)
    if room not in ROOMS and rooms:
        gate = f"{rooms[0]}{slash}{rest}"
        if any(fnmatchcase(name, gate) for name in names):
            return f"use {gate}"
    close = difflib.get_close_matches(gate, names, n=2, cutoff=0.6)
    return f"use {' or '.join(close)}" if close else "`trunkline explain` lists the gates"
