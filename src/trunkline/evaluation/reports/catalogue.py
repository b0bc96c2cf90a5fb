"""The catalogue of gates: what each asks, how it is measured, and what to do, as their classes say."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from trunkline.core.errors import NotFoundError
from trunkline.core.gate import Gate, gates, room_of
from trunkline.core.policy.policy import Policy
from trunkline.core.policy.section import Section

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
"""What a gate's name begins with, in the order in which red gates are best looked at, to its heading."""


def room_order(gate: str) -> int:
    """Return a gate's place by room; rooms that the catalogue does not know come last."""
    room = room_of(gate)
    return list(ROOMS).index(room) if room in ROOMS else len(ROOMS)


def entry_of(gate: str, *, known: Iterable[str] = ()) -> type[Gate[Any]]:
    """Return the kind that a gate is of; `known` are names to suggest besides the patterns.

    Raises NotFoundError with close matches when there is none.
    """
    for entry in gates():
        if entry.matches(gate):
            return entry
    names = dict.fromkeys((*known, *(entry.name for entry in gates())))
    lower = {name.lower(): name for name in names}
    close = [lower[name] for name in difflib.get_close_matches(gate.lower(), lower, n=3, cutoff=0.5)]
    # A question without its room, or a room and attribute without the question, is what people type most.
    close += [name for name in names if gate.lower() in name.lower() and name not in close][:3]
    raise NotFoundError(
        f"No gate is called {gate}.",
        next_step=(f"did you mean {' or '.join(close)}? " if close else "")
        + "`trunkline explain` lists all of them",
    )


def value_of(policy: Policy, key: str) -> str:
    """Return what a policy says of a key, as it would be written in `trunkline.yaml`; `key` is dotted.

    Raises NotFoundError when the policy has no such key.
    """
    value: object = policy
    for part in key.split("."):
        if not isinstance(value, BaseModel) or part not in type(value).model_fields:
            raise NotFoundError(f"The policy has no key {key}.")
        value = getattr(value, part)
    if isinstance(value, str):
        return value
    return json.dumps(value, default=lambda section: section.model_dump(mode="json", exclude_unset=True))


def default_of(key: str) -> str:
    """Return a policy key's default.

    Raises NotFoundError when the policy has no such key.
    """
    return value_of(Policy(name="model", package="model"), key)


def meaning_of(key: str) -> str:
    """Return what a policy key means, in the words of the policy itself; empty where they are not needed."""
    *above, name = key.split(".")
    section: Section = Policy(name="model", package="model")
    for part in above:
        section = getattr(section, part)
    said = section.meanings().get(name, "")
    return " ".join(said.split())


def by_room(entries: Sequence[type[Gate[Any]]]) -> dict[str, list[type[Gate[Any]]]]:
    """Return gates by room, in the order of the rooms."""
    found: dict[str, list[type[Gate[Any]]]] = {room: [] for room in ROOMS}
    for entry in entries:
        found.setdefault(entry.room(), []).append(entry)
    return {room: those for room, those in found.items() if those}


def catalogue_markdown() -> str:
    """Return the whole catalogue as a page for the documentation."""
    parts = [
        "# The gates",
        "Every question that a model is asked before it is released. This page is written by "
        "`trunkline explain --markdown`; `trunkline explain <gate>` prints one of them, with the last answer.",
        "- **pass**, **fail** or **inconclusive**: too few data is never a pass.\n"
        "- Where a limit is crossed by the point while its interval reaches back over it, the answer is "
        "*inconclusive* and does not stop a release. The exceptions say that the point decides.\n"
        "- A limit of `null` is a question that is not asked.\n"
        "- A red gate is let through by a waiver only: `gates.waivers`, with an owner, a reason and a last day.",
    ]
    for room, entries in by_room(gates()).items():
        parts.append(f"## {ROOMS[room]}")
        parts += [_section(entry) for entry in entries]
    return "\n\n".join(parts) + "\n"


def _section(entry: type[Gate[Any]]) -> str:
    said = entry.explanation()
    lines = [f"### `{entry.name}`", "", f"*{entry.question}*", "", said.measured, ""]
    lines += [f"- **{outcome}**: {text}" for outcome, text in said.outcomes()]
    lines.append(f"- **what to do**: {said.advice}")
    for key in entry.keys:
        means = meaning_of(key)
        lines.append(f"- `{key}`, by default `{default_of(key)}`" + (f": {means}" if means else ""))
    if said.source:
        lines.append(f"- source: {said.source}")
    return "\n".join(lines)
