"""Fitting: which fields of a request's rows are missing or unknown, found before their values are validated.

Pydantic copies a whole row for each field that it lacks: a megabyte, hundreds of times, would end the service.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trunkline.core.reading import DoubledKey, single

from .problems import Detail, Refused, doubled, no_json


@dataclass
class Fitted:
    """A body whose rows have known fields alone; `details` say in pydantic's words what else they had, or lacked."""

    body: bytes
    sent: Any
    """What was sent, in JSON's own types."""
    details: list[Detail] = field(default_factory=list)


def fit_row(body: bytes, known: Collection[str], required: Iterable[str]) -> Fitted:
    """Return the body of one row. Raises Refused when it is no JSON, or an object has a key twice."""
    sent = _read(body)
    details = _misfits(sent, known, required, ())
    return Fitted(_written(_kept(sent, known)) if details else body, sent, details)


def fit_rows(body: bytes, known: Collection[str], required: Iterable[str], *, most: int) -> Fitted:
    """Return the body of a batch. Raises Refused as `fit_row` does; of more than `most` rows none is looked at."""
    sent = _read(body)
    rows = sent.get("rows") if isinstance(sent, dict) else None
    if not isinstance(rows, list):
        return Fitted(body, sent)
    if len(rows) > most:
        return Fitted(b'{"rows":[{}]}', sent, [{"type": "too_long", "loc": ("rows",)}])
    wanted = tuple(required)
    details = [one for place, row in enumerate(rows) for one in _misfits(row, known, wanted, ("rows", place))]
    if not details:
        return Fitted(body, sent)
    return Fitted(_written(sent | {"rows": [_kept(row, known) for row in rows]}), sent, details)


def _misfits(
    row: object, known: Collection[str], required: Iterable[str], place: Sequence[int | str]
) -> list[Detail]:
    if not isinstance(row, dict):
        return []
    lacking = [name for name in required if name not in row]
    return [
        *({"type": "missing", "loc": (*place, name)} for name in lacking),
        *({"type": "extra_forbidden", "loc": (*place, name)} for name in row if name not in known),
    ]


def _kept(row: Any, known: Collection[str]) -> Any:
    return {name: value for name, value in row.items() if name in known} if isinstance(row, dict) else row


def _read(body: bytes) -> Any:
    try:
        sent = json.loads(body.decode(), object_pairs_hook=single)
        if b"\\u" in body:
            json.dumps(sent, ensure_ascii=False).encode()  # half of a letter is no text
        return sent
    except DoubledKey as error:  # pydantic would take the last
        raise Refused(doubled(error.key)) from None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(no_json(body, reason)) from None


def _written(value: object) -> bytes:
    return json.dumps(value).encode()
