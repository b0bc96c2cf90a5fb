"""Field: a column of the contract, in the words of the contract."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import pandera.pandas as pa
from pandera.errors import SchemaInitError

from trunkline.core.contract import Role
from trunkline.core.errors import ContractError


def field(
    *,
    role: str = Role.FEATURE.value,
    holds: str | None = None,
    description: str | None = None,
    unit: str | None = None,
    ge: Any = None,
    gt: Any = None,
    le: Any = None,
    lt: Any = None,
    isin: Iterable[Any] | None = None,
    nullable: bool = False,
    unique: bool = False,
    protected: bool | None = None,
    bands: Sequence[float] | None = None,
    positive: str | bool | None = None,
    answer: str | None = None,
    example: str | None = None,
    classes: Sequence[str] | None = None,
    most_bytes: int | None = None,
    most_pixels: int | None = None,
    thumbnail: int | None = None,
    alias: str | None = None,
    **checks: Any,
) -> Any:
    """Return a field of a pandera model, with what the contract adds to it.

    `role` is what the column is for, `holds` its input type where the Python type does not say it: `entity` (an id of
    an open catalogue), `image` (a str: a JPEG or PNG file in base64, of at most `most_bytes` and `most_pixels`; the log
    keeps a picture of `thumbnail` pixels, by default none) or `boxes` (a str: objects of these `classes`, see
    `trunkline.data.boxes_text`). `unit` is for people, `protected` compares its groups, `bands` are the edges that cut
    a protected number into groups. Of the outcome, `positive` is the class that probabilities are of, and `answer` the
    task where the type does not say it. `example` is a text that keeps the rule. `alias` is the column's name where
    Python does not allow it. All else is pandera's: https://pandera.readthedocs.io. Raises ContractError for a keyword
    that nobody knows.
    """
    said = {
        "holds": holds,
        "unit": unit,
        "protected": protected,
        "bands": bands,
        "positive": positive,
        "answer": answer,
        "example": example,
        "classes": classes,
        "most_bytes": most_bytes,
        "most_pixels": most_pixels,
        "thumbnail": thumbnail,
    }
    metadata = {"role": role} | {key: value for key, value in said.items() if value is not None}
    try:
        return pa.Field(
            description=description,
            ge=ge,
            gt=gt,
            le=le,
            lt=lt,
            isin=isin,
            nullable=nullable,
            unique=unique,
            alias=alias,
            metadata=metadata,
            **checks,
        )
    except SchemaInitError as error:
        known = {*inspect.signature(field).parameters, *inspect.signature(pa.Field).parameters}
        strange = [name for name in checks if name not in known]
        near = difflib.get_close_matches(strange[0], sorted(known), n=1) if strange else []
        raise ContractError(
            f"field() does not know {strange[0]!r}." if strange else f"field() was refused: {error}",
            next_step=f"use {near[0]}" if near else "use a keyword of trunkline.field or of pandera's Field",
        ) from error
