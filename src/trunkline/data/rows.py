"""Rows in the contract's own form: types, order and a digest of what they hold."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.inputs import input_of

from .exact import dtype_of, read_column


def typed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the contract's columns in its order and types, with a fresh index; others are left out.

    Raises ValueError when a value is not exactly of its column's type.
    """
    kept: dict[str, pd.Series] = {}
    for column in contract.columns:
        values, wrong = read_column(frame[column.name], column)
        if wrong.any():
            raise ValueError(f"{column.name} must be {input_of(column).rule()}")
        kept[column.name] = values.astype(dtype_of(column))
    return pd.DataFrame(kept).reset_index(drop=True)


def in_order(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the rows sorted by event time, key, then every other column: the same rows in one order only."""
    first = [found.name for role in (Role.TIME, Role.KEY) if (found := contract.of_role(role))]
    names = first + [column.name for column in contract.columns if column.name not in first]
    return frame.sort_values(names, kind="stable", na_position="first", ignore_index=True)


def content_digest(frame: pd.DataFrame, contract: Contract) -> str:
    """Return the sha256 of what the rows hold, whatever file format or library version keeps them.

    Each column gives its name, its type, which values are null, and its values: little-endian 64-bit numbers,
    one byte a boolean, texts as lengths (in characters) and then UTF-8.
    """
    total = hashlib.sha256(len(frame).to_bytes(8, "little"))
    for column in contract.columns:
        values = frame[column.name]
        null = values.isna().to_numpy(bool)
        total.update(f"{column.name}\0{column.type}\0".encode())
        total.update(np.packbits(null).tobytes())
        match input_of(column).stored:
            case "str":
                texts = values.astype(object).where(~null, "").tolist()
                total.update(np.fromiter(map(len, texts), "<i8", len(texts)).tobytes())
                total.update("".join(texts).encode())
            case "float64":
                floats = values.to_numpy("float64")
                # Adding zero turns -0.0 into 0.0, and every null becomes the same zero.
                total.update((np.where(null, 0.0, floats) + 0.0).astype("<f8").tobytes())
            case "int64":
                total.update(values.to_numpy("int64", na_value=0).astype("<i8").tobytes())
            case "bool":
                total.update(values.to_numpy("bool", na_value=False).astype("u1").tobytes())
    return "sha256:" + total.hexdigest()


def names_of(frame: pd.DataFrame, contract: Contract) -> pd.Series:
    """Return a text that names each row: its key; without one its content and how often it came before."""
    key = contract.of_role(Role.KEY)
    whole = pd.Series("", index=frame.index, dtype=object)
    if key is None or bool(frame[key.name].isna().any()):
        cells = [frame[column.name].astype(object).map(repr).tolist() for column in contract.columns]
        content = pd.Series(["\x1f".join(row) for row in zip(*cells, strict=True)], index=frame.index)
        whole = content + "\x1e" + content.groupby(content).cumcount().astype(str)
    if key is None:
        return whole
    return frame[key.name].astype(object).map(repr).where(frame[key.name].notna(), whole)
