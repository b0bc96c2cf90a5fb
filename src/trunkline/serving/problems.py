"""What is wrong with a request, in words: the field, the value, the rule it broke, and what to send instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from trunkline.core.contract import Column, Role
from trunkline.inputs import input_of

BODY = "(body)"
ROW = "(row)"
MOST = 50
LONGEST = 200
SHORTEST = 40
"""Characters of the start of an image that say nothing of it: the head of its format."""
WITHHELD = "(not logged)"

Problem = dict[str, Any]
Detail = Mapping[str, Any]
"""What pydantic says of one error, or would: its `type`, its `loc`, perhaps its `ctx`."""


class Refused(Exception):
    """A request that breaks the contract; `problems` says where."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems

    def body(self) -> dict[str, Any]:
        """Return the answer's body."""
        count = len(self.problems)
        places = "one place" if count == 1 else f"{count} places"
        more = f" The first {MOST} are listed." if count > MOST else ""
        return {
            "error": f"The request breaks the contract in {places}.{more}",
            "problems": list(self.problems[:MOST]),
        }


def explain(
    details: Sequence[Detail],
    columns: Sequence[Column],
    sent: object,
    *,
    outcome: str = "",
    maximum_rows: int = 0,
) -> tuple[Problem, ...]:
    """Return what is wrong with a request, in terms of the contract; batch problems carry their `row`.

    `sent` is the body in JSON's own types. Of what comes after the problems that are shown, only the field is told.
    """
    known = {column.name: column for column in columns}
    depth = 2 if maximum_rows else 0
    order = {name: place for place, name in enumerate(known)}

    def standing(detail: Detail) -> tuple[int, int]:
        row, name = (*detail["loc"][1:depth], 0)[0], str((*detail["loc"][depth:], "")[0])
        return row if isinstance(row, int) else 0, order.get(name, len(order))

    found = sorted(details, key=standing)
    return (
        *(_problem(detail, sent, known, outcome, maximum_rows) for detail in found[:MOST]),
        *({"field": _field(detail["loc"], depth)} for detail in found[MOST:]),
    )


def details_of(error: ValidationError) -> list[Detail]:
    """Return what pydantic found, without the input, of which it would make one more copy for each error."""
    return [*map(dict, error.errors(include_url=False, include_context=True, include_input=False))]


def no_json(body: bytes, reason: str) -> tuple[Problem, ...]:
    """Return the problem of a body that is no JSON."""
    return (_no_json(body, reason),)


def doubled(name: str) -> tuple[Problem, ...]:
    """Return the problem of a field that a request names twice."""
    return (_entry(name, None, "a field that stands once", "the field stands twice: send it once"),)


def without_secrets(problems: Sequence[Problem], columns: Sequence[Column]) -> tuple[Problem, ...]:
    """Return the problems as they may be logged: values of keys, users, images and unknown fields are withheld.

    Where the contract has an image, so is whatever is long enough to be one that came in a wrong place.
    """
    held = [input_of(column) for column in columns]
    open_names = {
        one.column.name for one in held if one.kept and one.column.role not in (Role.KEY, Role.USER)
    }
    names = {one.column.name for one in held}
    most = SHORTEST if any(one.bulk for one in held) else LONGEST + 1

    def told(name: str, problem: Problem) -> object:
        value, field = problem[name], problem["field"]
        long = isinstance(value, str) and len(value) > most
        if (name == "value" and (long or field not in open_names)) or (
            name == "field" and long and field not in names
        ):
            return WITHHELD
        return value

    logged = ("field", "value", "rule", "row")
    return tuple({name: told(name, one) for name in logged if name in one} for one in problems[:MOST])


def _no_json(sent: object, reason: str) -> Problem:
    return _entry(BODY, sent, f"JSON ({reason})", "send one JSON object, as /docs shows")


def _field(place: Sequence[int | str], depth: int) -> str:
    return str(place[depth])[:LONGEST] if len(place) > depth else ROW if depth else BODY


def _at(sent: Any, place: Sequence[int | str]) -> Any:
    """Return what stands at a place, or the last thing on the way to it."""
    for step in place:
        try:
            sent = sent[step]
        except (LookupError, TypeError):  # pydantic names the type that it tried, too
            break
    return sent


def _problem(
    detail: Detail, sent: object, known: dict[str, Column], outcome: str, maximum_rows: int
) -> Problem:
    kind, place = detail["type"], list(detail["loc"])
    if kind == "json_invalid":
        return _no_json(sent, detail.get("ctx", {}).get("error", "it cannot be read"))
    value = None if kind == "missing" else _at(sent, place)
    head: Problem = {}
    if maximum_rows:
        if len(place) < 2:
            return _batch_problem(kind, place, value, maximum_rows)
        head, place = {"row": place[1]}, place[2:]
    if not place:
        rule = "an object with the fields " + ", ".join(known)
        return head | _entry(ROW if head else BODY, value, rule, "")
    name = str(place[0])
    column = known.get(name)
    if column is None:
        return head | _unknown(name, value, known, outcome)
    if kind == "missing":
        return head | _entry(name, None, input_of(column).rule(), "the field is missing: send it")
    return head | _entry(name, value, input_of(column).rule(), _hint(kind, value, column))


def _batch_problem(kind: str, place: list[int | str], value: object, maximum_rows: int) -> Problem:
    rule = f'{{"rows": [...]}} with 1 to {maximum_rows} rows'
    if not place:
        return _entry(BODY, value, rule, "")
    if place != ["rows"]:
        return _entry(str(place[0]), value, rule, "a batch has no other field")
    shown = f"{len(value)} rows" if isinstance(value, list) else value
    hints = {"missing": "the field is missing: send it", "too_long": "split the batch"}
    return _entry("rows", None if kind == "missing" else shown, rule, hints.get(kind, ""))


def _unknown(name: str, value: object, known: dict[str, Column], outcome: str) -> Problem:
    if name == outcome:
        return _entry(name, value, "no field of a request", "this is what the model predicts: leave it out")
    guess = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {guess[0]}?" if guess else "the fields are " + ", ".join(known)
    return _entry(name, value, "no field of the contract", hint)


def _hint(kind: str, value: object, column: Column) -> str:
    if value is None:
        return "null is not allowed"
    if hint := input_of(column).hint(value):
        return hint
    return "the number is too large for the model" if kind == "too_large" else ""


def _entry(field: str, value: object, rule: str, hint: str) -> Problem:
    return {"field": field[:LONGEST], "value": shown(value), "rule": rule, "hint": hint}


def shown(value: object) -> object:
    """Return a value as it can be answered and logged: short, and of a size that JSON readers take."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        # Beyond 64 bits, infinite or not a number: no JSON number that every reader takes.
        return value if abs(value) < 2**63 else str(value)[:LONGEST]
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        text = json.dumps(text, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
