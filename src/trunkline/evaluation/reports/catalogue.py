"""The catalogue of gates: what each asks, how it is measured, and what to do, as their classes say."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from trunkline.core.errors import NotFoundError
from trunkline.core.gate import Gate, gates
from trunkline.core.policy.policy import Policy
from trunkline.core.policy.section import Section

from .rendering import render
from .rooms import ROOMS, by_room


def entry_of(
    gate: str, *, known: Iterable[str] = (), strangers: Sequence[type[Gate[Any]]] = ()
) -> type[Gate[Any]]:
    """Return the kind that a gate is of, ours or a stranger's; `known` are names to suggest besides the patterns.

    Raises NotFoundError with close matches when there is none.
    """
    kinds = (*gates(), *strangers)
    for entry in kinds:
        if entry.matches(gate):
            return entry
    names = dict.fromkeys((*known, *(entry.name for entry in kinds)))
    lower = {name.lower(): name for name in names}
    close = [lower[name] for name in difflib.get_close_matches(gate.lower(), lower, n=3, cutoff=0.5)]
    # A question without its room, or a room and attribute without the question, is what people type most.
    close += [name for name in names if gate.lower() in name.lower() and name not in close][:3]
    raise NotFoundError(
        f"No gate or monitor is called {gate}.",
        next_step=(f"did you mean {' or '.join(close)}? " if close else "")
        + "`trunkline explain` lists all of them",
    )


@dataclass(frozen=True)
class Setting:
    """A key of the policy that a gate reads: what it says now and by default, as `trunkline.yaml` would, and means."""

    key: str
    value: str
    default: str
    meaning: str


def settings_of(
    gate: type[Gate[Any]], policy: Policy | None = None, rules: Section | None = None
) -> list[Setting]:
    """Return the keys that a gate reads, those of its own section (`rules` as the policy has it) first.

    Raises NotFoundError when it names a key that the policy has not.
    """
    default = Policy(name="model", package="model")
    found = []
    if gate.section is not None:
        bare = gate.section()
        found = [
            _setting(f"gates.{gate.name}.{key}", key, rules or bare, bare)
            for key in gate.section.model_fields
        ]
    for key in gate.keys:
        *above, name = key.split(".")
        sections: list[Any] = [policy or default, default]
        for part in above:
            sections = [getattr(section, part, None) for section in sections]
        if name not in getattr(type(sections[0]), "model_fields", {}):
            raise NotFoundError(f"The policy has no key {key}.")
        found.append(_setting(key, name, *sections))
    return found


def _setting(key: str, name: str, section: Section, default: Section) -> Setting:
    meaning = " ".join(_meanings(type(section)).get(name, "").split())
    return Setting(key, _written(getattr(section, name)), _written(getattr(default, name)), meaning)


@cache
def _meanings(section: type[Section]) -> dict[str, str]:
    return section.meanings()


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, default=lambda section: section.model_dump(mode="json", exclude_unset=True))


def catalogue_markdown() -> str:
    """Return the whole catalogue as a page for the documentation."""
    found = by_room(gates(), lambda gate: gate.name)
    return render(
        "catalogue.md",
        rooms={ROOMS[room]: entries for room, entries in found.items()},
        settings_of=settings_of,
    )
