"""Draft: what the first contract says, from what a file holds and what a person answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError

from .attributes import attribute_of
from .bounds import bands, ends_of, outward
from .likely import likely_protected
from .observed import Holds, Observed
from .outcome import holds_classes, positive_of

DECLARED = {
    Holds.TRUTHS: ("boolean", "bool", "pd.BooleanDtype"),
    Holds.WHOLE: ("integer", "int", "pd.Int64Dtype"),
    Holds.NUMBERS: ("number", "float", "float"),
    Holds.LIST: ("category", "str", "str"),
    Holds.TEXTS: ("text", "str", "str"),
    Holds.TIMES: ("time", "pd.Timestamp", "pd.Timestamp"),
}
"""The input type of what a column holds, and how it is declared without and with nulls."""


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
    of_classes: bool | None = None
    """Whether the outcome is one of some classes, not an amount; None: what it holds says it."""


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
    contract: Contract
    """What they say of the columns that tell the task."""
    readings: Mapping[str, str]
    """How times and numbers are read that pandas leaves as texts, by column; see `readings`."""
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
    outcome that cannot be learned or of which nobody can tell whether it holds classes, or the positive class.
    """
    known = {one.name: one for one in columns}
    _require_known(answers, known)
    outcome = known[answers.outcome]
    classes = holds_classes(outcome, answers.of_classes)
    left_out = {one.name: _useless(one) for one in columns if _useless(one)}
    # The outcome stands last, where a reader looks for it.
    kept = sorted((one for one in columns if one.name not in left_out), key=lambda one: one is outcome)
    features = [one for one in kept if _role(one, answers) is Role.FEATURE]
    if not features:
        raise DataError("No column is left that a model could learn from.", next_step="name another outcome")
    asked = () if answers.protected is not None else likely_protected(kept)
    taken = set[str]()
    return Draft(
        lines=tuple(_line(one, answers, classes, attribute_of(one.name, taken), asked) for one in kept),
        contract=_contract(outcome, features, classes),
        readings={one.name: one.reading for one in kept if one.reading},
        left_out=left_out,
        unlabelled=outcome.missing,
        open=tuple(words for one in kept if (words := _to_decide(one, answers, asked))),
        texts=any(one.holds is Holds.TEXTS for one in features),
    )


def _contract(outcome: Observed, features: Sequence[Observed], classes: bool) -> Contract:
    """Return what the lines say, as far as the task follows from it."""
    listed = tuple(str(value) for value in outcome.values) if classes else ()
    kind = DECLARED[Holds.LIST if classes and outcome.amounts else outcome.holds][0]
    asked = Column(name=outcome.name, type=kind, role=Role.OUTCOME, categories=listed)
    seen = (Column(name=one.name, type=DECLARED[one.holds][0]) for one in features)
    return Contract(name="draft", columns=(*seen, asked))


def _line(one: Observed, answers: Answers, classes: bool, attribute: str, asked: Sequence[str]) -> Line:
    role = _role(one, answers)
    keywords, comment = _rule(one, role, classes, answers)
    if one.name in (answers.protected or ()):
        keywords["protected"] = True
        if "isin" not in keywords and one.amounts:
            keywords["bands"] = list(bands(one))
    if one.name in asked:
        comment = f"{comment} Decide: is it protected? Then add protected=True.".strip()
    if attribute != one.name:
        keywords["alias"] = one.name
    if missing := bool(one.missing) and role is not Role.OUTCOME:
        keywords["nullable"] = True
    return Line(attribute, DECLARED[one.holds][1 + missing], keywords, comment)


def _to_decide(one: Observed, answers: Answers, asked: Sequence[str]) -> str:
    """Return what a person still has to say of a column, empty where nothing is open."""
    if one.name in asked:
        return f"{one.name}: is it a protected attribute? Then add protected=True."
    if one.strays:
        return (
            f"{one.name}: it holds numbers, and texts such as {', '.join(one.strays)}. Read them in load()."
        )
    if _role(one, answers) is not Role.AUDIT:
        return ""
    if one.holds is Holds.TIMES:
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
    if answers.time and known[answers.time].holds not in (Holds.TIMES, Holds.WHOLE):
        raise DataError(
            "The event time must hold times, or numbers such as a year.",
            value=answers.time,
            next_step="write it as 2024-05-31, or --time '' for none",
        )


def _useless(one: Observed) -> str:
    if one.holds is Holds.NOTHING:
        return "it is empty"
    if one.holds is Holds.ONE_VALUE:
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
    own = one.holds is Holds.TEXTS and one.names_rows
    return Role.AUDIT if one.holds is Holds.TIMES or own else Role.FEATURE


def _rule(one: Observed, role: Role, classes: bool, answers: Answers) -> tuple[dict[str, object], str]:
    """Return what the field of a column says, and what stands above it."""
    keywords: dict[str, object] = {} if role is Role.FEATURE else {"role": role.value}
    if role is Role.KEY:
        return keywords | {"unique": True}, ""
    if role is Role.USER or one.holds in (Holds.TRUTHS, Holds.TIMES):
        return keywords, ""
    answered = role is Role.OUTCOME and classes
    pair = one.holds is Holds.WHOLE and one.distinct == 2 and role is Role.FEATURE
    if one.holds is Holds.LIST or answered or pair:
        keywords["isin"] = list(one.values)
        if answered and len(one.values) == 2:
            keywords["positive"] = positive_of(one, answers.positive)
        return keywords, ""
    if one.holds is Holds.TEXTS:
        return keywords | {"str_length": (0, int(outward(0, 2 * one.longest)[1]))}, ""
    least, most = one.least or 0.0, one.most or 0.0
    low, high = ends_of(one)
    seen = "" if (low, high) == (least, most) else f"The file holds {least:,.10g} to {most:,.10g}."
    return keywords | {"ge": low, "le": high}, seen
