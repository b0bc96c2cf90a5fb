"""Likely: which column of a file is probably what. A person decides; this is what they are asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .observed import Holds, Observed

OUTCOMES = re.compile(
    r"target|label|labels|outcome|class|churn(ed)?|response|y|survived|default(ed)?|income", re.I
)
KEYS = re.compile(r"(.*[_ -])?(id|key|uuid|guid|nr|no|number|index)|.*id", re.I)
USERS = re.compile(
    r"(user|customer|client|patient|member|account|person|subject|visitor|household)s?"
    r"([_ -]?(id|key|uuid|nr|no|number))?",
    re.I,
)
PROTECTED = re.compile(
    r"(.*[_ -])?(sex|gender|age|race|colou?r|ethnic(ity|_group)?|religion|nationality|citizen(ship)?|disab(led|ility)|"
    r"marital([_ -]?status)?|pregnan(t|cy)|orientation|native[_ -]?country|birth(day|date|place)?)",
    re.I,
)
POSITIVE = re.compile(
    r"yes|true|1|pos(itive)?|bad|fraud|spam|success|approved|churn(ed)?|default(ed)?|>.*", re.I
)
LETTERS: dict[tuple[str, ...], str] = {("n", "y"): "y", ("f", "t"): "t"}
"""Pairs of letters that mean no and yes."""


def likely_outcome(columns: Sequence[Observed]) -> str:
    """Return the one column whose name says that it is the outcome, empty where none or several do."""
    named = [one.name for one in columns if OUTCOMES.fullmatch(one.name) and one.distinct > 1]
    return named[0] if len(named) == 1 else ""


def likely_key(columns: Sequence[Observed]) -> str:
    """Return the first column that numbers or names the rows, empty where none does."""
    named = (one.name for one in columns if one.names_rows and KEYS.fullmatch(one.name))
    counting = (one.name for one in columns if one.counts_rows and not one.name.startswith("Unnamed:"))
    return next(named, "") or next(counting, "")


def likely_user(columns: Sequence[Observed]) -> str:
    """Return the first column that names the user whom several rows are about, empty where none does."""
    named = (
        one
        for one in columns
        if USERS.fullmatch(one.name) and one.holds in (Holds.WHOLE, Holds.TEXTS, Holds.LIST)
    )
    return next((one.name for one in named if 2 < one.distinct < one.rows), "")


def likely_time(columns: Sequence[Observed]) -> str:
    """Return the one column of times without a gap, empty where there is none or are several."""
    times = [one.name for one in columns if one.holds is Holds.TIMES and not one.missing]
    return times[0] if len(times) == 1 else ""


def likely_protected(columns: Sequence[Observed]) -> tuple[str, ...]:
    """Return the columns whose names are those of attributes that law or custom protects."""
    return tuple(one.name for one in columns if one.distinct > 1 and PROTECTED.fullmatch(one.name))


def likely_positive(outcome: Observed) -> str:
    """Return the one of two classes that a probability is of, empty where their names do not say it."""
    pair = tuple(str(value) for value in outcome.values)
    if letter := LETTERS.get(tuple(sorted(value.lower() for value in pair))):
        return next(value for value in pair if value.lower() == letter)
    named = [value for value in pair if POSITIVE.fullmatch(value.strip())]
    return named[0] if len(outcome.values) == 2 and len(named) == 1 else ""
