"""Tensors of a model that was trained elsewhere: which fields fill them, and how they become the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from trunkline.core.contract import Contract
from trunkline.core.record import Record
from trunkline.inputs import input_of

from .pictures import BoxTensors, PictureTensor, fixed_size, placed, raw_boxes
from .session import open_session

TENSORS_FILE = "tensors.json"
TYPES: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}
SUMS = 1e-2
"""How far probabilities of a row may add up to something else than 1: float16 has three digits."""

Array = np.ndarray[Any, Any]
Part = Literal["probabilities", "logits", "value"]


class Tensors(Record):
    """How a model is asked: kept in its bundle as `tensors.json`."""

    SCHEMA: ClassVar[str] = "trunkline/tensors/1"

    inputs: dict[str, tuple[str, ...]]
    """Tensor to the fields that fill it, in order; empty where a transformer does."""
    part: Part | None
    """What the output is; None where a function of the project makes the answer of all outputs."""
    output: str = ""
    columns: tuple[str, ...] = ()
    """The contract's class of each column of the output; empty where the answer is a value."""
    picture: PictureTensor | None = Field(default=None, exclude_if=lambda value: value is None)
    found: BoxTensors | None = Field(default=None, exclude_if=lambda value: value is None)
    """Of a detector: how a picture becomes its tensor, and its outputs boxes."""


class Session:
    """An ONNX file, asked with one array a tensor, of shape (rows, ...), in the types that the file wants.

    Raises BundleError when ONNX Runtime does not take the file.
    """

    def __init__(self, model: str | bytes, *, threads: int = 1, name: str = "the file") -> None:
        self._session = open_session(model, threads=threads, name=name)
        self.inputs = {node.name: node for node in self._session.get_inputs()}
        self.outputs = {node.name: node for node in self._session.get_outputs()}

    def described(self) -> str:
        """Return what the file takes and gives, in words."""
        takes, gives = (
            ", ".join(f"{node.name} {node.type} {_dims(node.shape)}" for node in nodes.values())
            for nodes in (self.inputs, self.outputs)
        )
        return f"takes {takes} and gives {gives}"

    def shaped(self, name: str, values: Any) -> Array:
        """Return values of shape (rows, ...) in the type and shape of the tensor `name`.

        Raises ValueError that says what the tensor is and what was given.
        """
        node, given = self.inputs[name], np.asarray(values)
        wanted = TYPES.get(node.type)
        dims = [each if isinstance(each, int) and each >= 0 else None for each in node.shape]
        held = f"{given.dtype} {_dims(given.shape)}"
        said = f"the tensor {name} is {node.type} {_dims(node.shape)}, and it was given {held}"
        if wanted is None:
            raise ValueError(f"{said}: Trunkline fills no such type")
        if (wanted is object) != (given.dtype.kind in "OUST"):
            raise ValueError(said)
        if np.issubdtype(wanted, np.integer) or wanted is np.bool_:
            if not np.isfinite(given).all():
                raise ValueError(f"{said}: a null or an infinite value has no whole number")
            if (given != np.floor(given)).any():
                raise ValueError(f"{said}: some of them are no whole numbers")
        try:
            return given.astype(wanted).reshape(_fitted(len(given), given.shape[1:], dims))
        except ValueError as error:
            raise ValueError(said) from error

    def run(self, tensors: Mapping[str, Array]) -> dict[str, Any]:
        """Return every output by its name, rows first; a file of a fixed number of rows is asked in such pieces."""
        rows = len(next(iter(tensors.values())))
        size = self._size()
        if not size or size == rows:
            return self._asked(tensors)
        pieces = []
        for start in range(0, rows, size):
            some = {name: values[start : start + size] for name, values in tensors.items()}
            count = len(next(iter(some.values())))
            full = {
                name: np.concatenate([values, np.repeat(values[-1:], size - count, axis=0)])
                for name, values in some.items()
            }
            pieces.append({name: found[:count] for name, found in self._asked(full).items()})
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}

    def _asked(self, tensors: Mapping[str, Array]) -> dict[str, Any]:
        found = self._session.run(None, dict(tensors))
        return {name: _array(values) for name, values in zip(self.outputs, found, strict=True)}

    def _size(self) -> int:
        fixed = {
            node.shape[0] for node in self.inputs.values() if node.shape and isinstance(node.shape[0], int)
        }
        return fixed.pop() if len(fixed) == 1 else 0


def filled(session: Session, tensors: Tensors, encoded: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors that fields fill; `encoded` holds arrays of shape (rows,) by field.

    Raises ValueError when they do not fit the file.
    """
    return {
        name: session.shaped(name, np.stack([encoded[field] for field in fields], axis=1))
        for name, fields in tensors.inputs.items()
        if fields
    }


def raw_answer(tensors: Tensors, outputs: Mapping[str, Any]) -> list[Any]:
    """Return what a file gave as the raw outputs of a task: labels and probabilities, or values.

    Raises ValueError when it is no such answer.
    """
    values = np.asarray(outputs[tensors.output])
    if values.dtype.kind not in "fiub":
        raise ValueError(f"numbers in its output {tensors.output}, but {values.dtype}")
    if not tensors.columns:
        return [values.astype(np.float64)]
    return with_labels(chances(values, tensors), tensors.columns)


def detected(session: Session, tensors: Tensors, pictures: Sequence[object]) -> list[Any]:
    """Return what a detector's file finds in pictures, each asked by itself, as the raw outputs of a detection.

    Raises ValueError where a picture cannot be read, or the file gives no boxes.
    """
    if tensors.picture is None or tensors.found is None:
        raise ValueError("nothing says how pictures become boxes")
    size = fixed_size(session.inputs[tensors.picture.tensor].shape, tensors.picture)
    rows = []
    for text in pictures:
        array, where = placed(str(text), tensors.picture, size)
        shaped = session.shaped(tensors.picture.tensor, array[None])
        outputs = session.run({tensors.picture.tensor: shaped})
        rows.append(raw_boxes(outputs, tensors.found, where))
    return [[row[part] for row in rows] for part in range(3)]


def with_labels(probabilities: Array, classes: Sequence[str]) -> list[Any]:
    """Return the likeliest class of each row, and the probabilities."""
    names = np.array([*classes], dtype=object)
    return [names[probabilities.argmax(axis=1)] if len(probabilities) else names[:0], probabilities]


def chances(values: Array, tensors: Tensors) -> Array:
    """Return an output as probabilities of shape (rows, classes).

    One column is about the second of two classes. Raises ValueError when there are others, or none are probabilities.
    """
    size, found = len(tensors.columns), values.astype(np.float64)
    found = found.reshape(len(found), -1)
    if found.shape[1] == 1 and size == 2:
        if tensors.part == "logits":
            found = 1 / (1 + np.exp(-np.clip(found, -700, 700)))
        found = np.concatenate([1 - found, found], axis=1)
    elif found.shape[1] != size:
        raise ValueError(f"{size} columns in its output {tensors.output}, but {found.shape[1]}")
    elif tensors.part == "logits":
        found = np.exp(found - found.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
    if not np.isfinite(found).all():
        raise ValueError(
            f"finite numbers in its output {tensors.output}: where a field may be null, its tensor holds NaN"
        )
    if (found < -SUMS).any() or (np.abs(found.sum(axis=1) - 1) > SUMS).any():
        raise ValueError(f"probabilities in its output {tensors.output}: are they logits")
    return np.asarray(found.clip(0, 1))


def encoded(columns: Mapping[str, Sequence[object]], contract: Contract, wanted: Tensors) -> dict[str, Array]:
    """Return the fields that tensors are filled with, each of shape (rows,); null is NaN, or an empty text."""
    fields = dict.fromkeys(field for fields in wanted.inputs.values() for field in fields)
    return {name: input_of(contract.column(name)).encode(columns[name]) for name in fields}


def _fitted(rows: int, given: Sequence[int], dims: Sequence[int | None]) -> tuple[int, ...]:
    """Return the shape of `rows` rows in a tensor of these dimensions; the first is the rows'."""
    inner = list(dims[1:])
    size = int(np.prod(given)) if given else 1
    if not dims:
        raise ValueError("no dimension for rows")
    if inner.count(None) > 1 and len(given) == len(inner):
        inner = [each if each is not None else mine for each, mine in zip(inner, given, strict=True)]
    elif None in inner:
        first = inner.index(None)
        known = int(np.prod([each or 1 for each in inner]))
        inner = [1 if each is None else each for each in inner]
        inner[first] = size // max(known, 1)
    whole = [each or 0 for each in inner]
    if int(np.prod(whole)) != size:
        raise ValueError("another number of values in a row")
    return (rows, *whole)


def _array(values: Any) -> Any:
    """Return an output as an array; a sequence of maps (skl2onnx's ZipMap) as a column a key."""
    if isinstance(values, list) and values and isinstance(values[0], dict):
        return np.array([list(each.values()) for each in values])
    return np.asarray(values)


def _dims(shape: Sequence[Any]) -> str:
    return f"[{', '.join('?' if each is None else str(each) for each in shape)}]"
