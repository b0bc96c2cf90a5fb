"""The interface: what callers must send and what they get back, and how another contract changes that."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.decision import Decision

from .lookup import input_of
from .text import text_fault


@dataclass(frozen=True)
class InterfaceChange:
    """One thing that is another for callers; `words` is a sentence."""

    column: str
    breaking: bool
    """Whether a request that was answered is refused now, or the answer means something else."""
    words: str


def required(column: Column) -> bool:
    """Whether a request without this column is refused."""
    return column.role is Role.FEATURE and not column.nullable


def interface_changes(before: Contract, after: Contract) -> tuple[InterfaceChange, ...]:
    """Return how a service of `after` differs for callers of a service of `before`, what breaks them first."""
    was = {column.name: column for column in before.inputs}
    now = {column.name: column for column in after.inputs}
    found = [_answer(before, after)] if _answer(before, after) else []
    found += [_added(column) for name, column in now.items() if name not in was]
    found += [
        InterfaceChange(name, True, f"Callers must no longer send `{name}`: the service refuses it.")
        for name in was
        if name not in now
    ]
    for name, column in now.items():
        if name in was:
            found += _changed(was[name], column)
    return tuple(sorted((one for one in found if one), key=lambda one: not one.breaking))


def same_question(before: Contract, after: Contract) -> bool:
    """Whether both contracts answer the same question, so that two models' answers can be compared."""
    return (before.outcome.name, before.task, before.outcome.unit) == (
        after.outcome.name,
        after.task,
        after.outcome.unit,
    )


def decision_change(before: Decision | None, after: Decision | None) -> tuple[InterfaceChange, ...]:
    """Return that the same probabilities are answered otherwise from now on; none where they are not."""
    if (before and (before.positive, before.threshold)) == (after and (after.positive, after.threshold)):
        return ()
    was, now = (f"`{one.rule()}`" if one else "the likelier class" for one in (before, after))
    return (InterfaceChange("prediction", False, f"`prediction` is {now}; it was {was}."),)


def _answer(before: Contract, after: Contract) -> InterfaceChange | None:
    old, new = before.outcome, after.outcome
    if not same_question(before, after):
        words = f"The answer is now {_outcome(after)}, and was {_outcome(before)}."
        return InterfaceChange(new.name, True, words)
    gone, added = _apart(input_of(old).classes(), input_of(new).classes())
    said = [f"no longer {_listed(gone)}"] * bool(gone) + [f"now also {_listed(added)}"] * bool(added)
    if said:
        return InterfaceChange(new.name, True, f"Answers are {' and '.join(said)}.")
    return None


def _outcome(contract: Contract) -> str:
    outcome = contract.outcome
    unit = f", in {outcome.unit}" if outcome.unit else ""
    return f"`{outcome.name}` ({contract.task}{unit})"


def _added(column: Column) -> InterfaceChange:
    must = "must" if required(column) else "may"
    words = f"Callers {must} now send `{column.name}` ({input_of(column).rule()})."
    return InterfaceChange(column.name, required(column), words)


def _changed(old: Column, new: Column) -> list[InterfaceChange]:
    found = _type_changed(old, new) if old.type != new.type else _rule_changed(old, new)
    if required(new) and not required(old):
        found.insert(0, (True, f"Callers must now send `{new.name}`: null, or a row without it, is refused."))
    elif required(old) and not required(new):
        found.insert(0, (False, f"Callers may now leave out `{new.name}`."))
    return [InterfaceChange(new.name, breaking, words) for breaking, words in found]


def _type_changed(old: Column, new: Column) -> list[tuple[bool, str]]:
    narrowed, _ = _bounds(old, new)
    breaks = (
        (narrowed and not old.categories)
        or old.type not in input_of(new).takes
        or any(text_fault(text, new) for text in old.categories)
    )
    return [(breaks, f"`{new.name}` {'must' if breaks else 'may'} now be {_rules(old, new)}")]


def _rule_changed(old: Column, new: Column) -> list[tuple[bool, str]]:
    name = f"`{new.name}`"
    found: list[tuple[bool, str]] = []
    if old.unit != new.unit:
        found.append((True, f"{name} is now in {new.unit or 'no unit'}; it was in {old.unit or 'no unit'}."))
    narrowed, widened = _bounds(old, new)
    if narrowed or widened:
        how = "narrower" if narrowed else "wider"
        found.append((narrowed, f"The range of {name} is {how}: {_rules(old, new)}"))
    if old.patterns != new.patterns:
        breaks = bool(set(new.patterns) - set(old.patterns))
        found.append((breaks, f"{name} {'must' if breaks else 'may'} now be {_rules(old, new)}"))
    if old.categories != new.categories:
        found += _categories(name, old.categories, new.categories)
    return found


def _rules(old: Column, new: Column) -> str:
    return f"{input_of(new).rule()}; it was {input_of(old).rule()}."


def _bounds(old: Column, new: Column) -> tuple[bool, bool]:
    """Return whether an end of the range moved in, and whether one moved out."""
    endless = float("inf")
    narrowed = widened = False
    for least, most in (("minimum", "maximum"), ("shortest", "longest")):
        low = [-endless if end is None else end for end in (getattr(old, least), getattr(new, least))]
        high = [endless if end is None else end for end in (getattr(old, most), getattr(new, most))]
        narrowed |= low[1] > low[0] or high[1] < high[0]
        widened |= low[1] < low[0] or high[1] > high[0]
    return narrowed, widened


def _categories(name: str, old: tuple[str, ...], new: tuple[str, ...]) -> list[tuple[bool, str]]:
    if not new:
        return [(False, f"{name} may now be any text.")]
    if not old:
        return [(True, f"{name} must now be one of {_listed(new)}; it could be any text.")]
    gone, added = _apart(old, new)
    found = [(True, f"{name} can no longer be {_listed(gone)}.")] if gone else []
    return [*found, (False, f"{name} may now be {_listed(added)} too.")] if added else found


def _apart(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what only the first holds, and what only the second does."""
    gone = tuple(value for value in old if value not in new)
    return gone, tuple(value for value in new if value not in old)


def _listed(values: tuple[str, ...]) -> str:
    shown = [f"`{value}`" for value in values[:8]]
    return ", ".join(shown) + (f" and {len(values) - 8} more" if len(values) > 8 else "")
