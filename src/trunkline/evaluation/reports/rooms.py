"""Rooms: what gates' names begin with, and the order in which red gates are best looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from trunkline.core.gate import room_of
from trunkline.core.verdicts import Verdict

Named = TypeVar("Named")
ROOMS = {
    "data": "Data",
    "performance": "Performance",
    "fairness": "Fairness",
    "robustness": "Robustness",
    "slices": "Slices",
    "deepchecks": "deepchecks",
    "load": "Load",
    "waivers": "Waivers",
}
"""A room in its place, to its heading."""


def by_room(found: Iterable[Named], name: Callable[[Named], str]) -> dict[str, list[Named]]:
    """Return what has a gate's name by room, in the order of the rooms; rooms of strangers come last."""
    rooms: dict[str, list[Named]] = {}
    for one in found:
        rooms.setdefault(room_of(name(one)), []).append(one)
    return dict(sorted(rooms.items(), key=lambda item: (_order(item[0]), item[0])))


def by_urgency(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return those that stop a release first, then other red ones, then green ones; within that by room."""
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    return sorted(verdicts, key=lambda one: (not one.stops, rank[one.outcome], *_place(one.gate)))


def stopping(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return those that stop a release in the order in which to look at them: by room, failures first.

    Data come before everything else: what a model says of broken rows is worth nothing.
    """
    found = [verdict for verdict in verdicts if verdict.stops]
    return sorted(
        found, key=lambda one: (_order(room_of(one.gate)), one.outcome != "fail", *_place(one.gate))
    )


def _place(gate: str) -> tuple[int, bool, str]:
    """Return what gates are sorted by: two attributes together come last, for they may be the echo of one."""
    return _order(room_of(gate)), " & " in gate, gate


def _order(room: str) -> int:
    return list(ROOMS).index(room) if room in ROOMS else len(ROOMS)
