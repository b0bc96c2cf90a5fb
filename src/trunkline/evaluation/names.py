"""The names of all gates that a project can be asked, and whether its waivers mean one of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from itertools import combinations, product
from typing import Any, get_args

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.gate import Gate, gates
from trunkline.core.policy.gates import Suite
from trunkline.core.policy.policy import Policy
from trunkline.measure.metrics import Metrics
from trunkline.measure.scorers import scorer_names

from .reports.rooms import ROOMS


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
