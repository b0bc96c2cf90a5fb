"""Draft: what the first contract says, from what a file holds and what a person answered."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from trunkline.core.contract import Role
from trunkline.core.errors import DataError

from .bounds import bands, ends_of, outward
from .likely import likely_protected
from .observed import Observed

Task = Literal["classification", "regression"]
MOST_CLASSES = 100
FEW_CLASSES = 20
"""Distinct whole numbers up to which an outcome may be classes as well as an amount."""
TYPES = {
    "boolean": ("bool", "pd.BooleanDtype"),
    "integer": ("int", "pd.Int64Dtype"),
    "number": ("float", "float"),
    "category": ("str", "str"),
    "text": ("str", "str"),
    "time": ("pd.Timestamp", "pd.Timestamp"),
}
"""How a kind is declared without and with nulls."""


@dataclass(frozen=True)
class Answers:
    """What a person said of the columns; empty means that no column is that."""

    outcome: str
    key: str = ""
    user: str = ""
    time: str = ""
    protected: tuple[str, ...] | None = None
    """None: nobody was asked."""
    positive: str = ""
    task: Task | None = None


@dataclass(frozen=True)
class Line:
    """One field of the contract."""

    attribute: str
    annotation: str
    keywords: Mapping[str, object]
    comment: str = ""


@dataclass(frozen=True)
class Draft:
    """The first contract, and what load() does to the rows of the file."""

    lines: tuple[Line, ...]
    task: Task
    classes: int
    outcome: str
    readings: Mapping[str, str]
    """How the times are read, by column."""
    left_out: Mapping[str, str]
    """Columns that tell nothing, with the reason."""
    unlabelled: int
    """Rows without an outcome, which are left out."""
    open: tuple[str, ...] = field(default=())
    """What a person still has to decide."""
    texts: bool = False
    """Whether a feature is free text."""


def draft(columns: Sequence[Observed], answers: Answers) -> Draft:
    """Return the first contract.

    Raises DataError for a column that the file does not have, two roles for one, a key that is not unique, and an
    outcome that cannot be learnt or of which nobody can tell the task or the positive class.
    """
    known = {one.name: one for one in columns}
    _require_known(answers, known)
    outcome = known[answers.outcome]
    task = _task(outcome, answers.task)
    left_out = {one.name: _useless(one) for one in columns if _useless(one)}
    # The outcome stands last, where a reader looks for it.
    kept = sorted((one for one in columns if one.name not in left_out), key=lambda one: one is outcome)
    features = [one for one in kept if _role(one, answers) is Role.FEATURE]
    if not features:
        raise DataError("No column is left that a model could learn from.", next_step="name another outcome")
    asked = () if answers.protected is not None else likely_protected(kept)
    taken = set[str]()
    return Draft(
        lines=tuple(_line(one, answers, task, _attribute(one.name, taken), asked) for one in kept),
        task=task,
        classes=outcome.distinct,
        outcome=answers.outcome,
        readings={one.name: one.reading for one in kept if one.reading},
        left_out=left_out,
        unlabelled=outcome.missing,
        open=tuple(words for one in kept if (words := _to_decide(one, answers, asked))),
        texts=any(one.kind == "text" for one in features),
    )


def _line(one: Observed, answers: Answers, task: Task, attribute: str, asked: Sequence[str]) -> Line:
    role = _role(one, answers)
    keywords, comment = _rule(one, role, task, answers)
    if one.name in (answers.protected or ()):
        keywords["protected"] = True
        if "isin" not in keywords and one.kind in ("integer", "number"):
            keywords["bands"] = list(bands(one))
    if one.name in asked:
        comment = f"{comment} Decide: is it protected? Then add protected=True.".strip()
    if attribute != one.name:
        keywords["alias"] = one.name
    if missing := bool(one.missing) and role is not Role.OUTCOME:
        keywords["nullable"] = True
    return Line(attribute, TYPES[one.kind][missing], keywords, comment)


def _to_decide(one: Observed, answers: Answers, asked: Sequence[str]) -> str:
    """Return what a person still has to say of a column, empty where nothing is open."""
    if one.name in asked:
        return f"{one.name}: is it a protected attribute? Then add protected=True."
    if _role(one, answers) is not Role.AUDIT:
        return ""
    if one.kind == "time":
        return f"{one.name}: a time. The model sees it once features() says how it becomes a number."
    return f"{one.name}: a text of its own in each row. The model does not see it."


def _require_known(answers: Answers, known: Mapping[str, Observed]) -> None:
    said = (answers.outcome, answers.key, answers.user, answers.time, *(answers.protected or ()))
    for name in said:
        if name and name not in known:
            raise DataError(
                "The file has no such column.", value=name, next_step=f"use one of {', '.join(known)}"
            )
    roles = [name for name in said[:4] if name]
    if twice := [name for name in roles if roles.count(name) > 1]:
        raise DataError("One column cannot have two roles.", value=twice[0], next_step="name another for one")
    if answers.key and not known[answers.key].unique:
        raise DataError(
            "The key must name each row: it has nulls, or two rows have the same.",
            value=answers.key,
            next_step="name another column, or --key '' for none",
        )
    if answers.time and known[answers.time].kind not in ("time", "integer"):
        raise DataError(
            "The event time must hold times, or numbers such as a year.",
            value=answers.time,
            next_step="write it as 2024-05-31, or --time '' for none",
        )


def _task(outcome: Observed, said: Task | None) -> Task:
    amount = outcome.kind in ("integer", "number")
    if _useless(outcome) or outcome.kind == "time" or (outcome.kind == "text" and not outcome.values):
        raise DataError(
            f"The outcome {outcome.name} cannot be learnt: {_useless(outcome) or f'it holds {outcome.kind}s'}.",
            next_step="name a column of classes or of amounts with --outcome",
        )
    if said == "regression" and not amount:
        raise DataError(f"{outcome.name} holds no amounts.", value=said, next_step="--task classification")
    few = outcome.kind != "number" and outcome.distinct <= MOST_CLASSES and bool(outcome.values)
    if said == "classification" and not few:
        raise DataError(
            f"{outcome.name} holds {outcome.distinct} different values, and no classes.",
            value=said,
            next_step="--task regression, or name another outcome",
        )
    if said:
        return said
    if outcome.kind == "integer" and 2 < outcome.distinct <= FEW_CLASSES:
        raise DataError(
            f"Nobody can tell whether {outcome.name} holds amounts or {outcome.distinct} classes.",
            value=list(outcome.values),
            next_step="say --task regression or --task classification",
        )
    return "regression" if amount and outcome.distinct > 2 else "classification"


def _useless(one: Observed) -> str:
    if one.kind == "empty":
        return "it is empty"
    if one.kind == "constant":
        return "all rows have the same value" if not one.missing else "it has one value, or none"
    return "it numbers the rows" if one.counts_rows and re.fullmatch(r"Unnamed: \d+", one.name) else ""


def _role(one: Observed, answers: Answers) -> Role:
    named = {
        answers.outcome: Role.OUTCOME,
        answers.key: Role.KEY,
        answers.user: Role.USER,
        answers.time: Role.TIME,
    }
    if one.name in named:
        return named[one.name]
    own = one.unique and one.kind == "text" and one.names_rows
    return Role.AUDIT if one.kind == "time" or own else Role.FEATURE


def _rule(one: Observed, role: Role, task: Task, answers: Answers) -> tuple[dict[str, object], str]:
    """Return what the field of a column says, and what stands above it."""
    keywords: dict[str, object] = {} if role is Role.FEATURE else {"role": role.value}
    if role is Role.KEY:
        return keywords | {"unique": True}, ""
    if role is Role.USER or one.kind in ("boolean", "time"):
        return keywords, ""
    classes = role is Role.OUTCOME and task == "classification"
    if (
        one.kind == "category"
        or classes
        or (one.kind == "integer" and one.distinct == 2 and role is Role.FEATURE)
    ):
        keywords["isin"] = list(one.values)
        if classes and len(one.values) == 2:
            keywords["positive"] = _positive(one, answers.positive)
        return keywords, ""
    if one.kind == "text":
        return keywords | {"str_length": (0, int(outward(0, 2 * one.longest)[1]))}, ""
    least, most = one.least or 0.0, one.most or 0.0
    low, high = ends_of(one)
    seen = "" if (low, high) == (least, most) else f"The file holds {least:,.10g} to {most:,.10g}."
    return keywords | {"ge": low, "le": high}, seen


def _positive(outcome: Observed, said: str) -> str:
    values = [str(value) for value in outcome.values]
    if said in values:
        return said
    raise DataError(
        f"Which of the two is the positive class of {outcome.name}: the one that a probability is of?",
        value=said or values,
        next_step=f"say --positive {values[0]!r} or --positive {values[1]!r}",
    )


def _attribute(name: str, taken: set[str]) -> str:
    """Return a name that Python allows for an attribute, and that no other column has."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "column"
    if plain[0].isdigit() or keyword.iskeyword(plain) or plain.startswith("_") or plain == "Config":
        plain = f"column_{plain}"
    free = plain
    number = 2
    while free in taken:
        free, number = f"{plain}_{number}", number + 1
    taken.add(free)
    return free
