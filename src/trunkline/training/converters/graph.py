"""The graph that converters write: tensors that follow numpy's rules for types, and nodes with constant names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OPSET, ML_OPSET, IR = 21, 5, 10
"""ai.onnx.ml 5 brings `TreeEnsemble`, whose thresholds, leaves and inputs may be doubles."""
CONTRIB = "com.microsoft"


class ConversionError(Exception):
    """The pipeline has no such form, or its runtime does not take it."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of shape (n, width) in the graph; of `object` type it holds texts."""

    name: str
    dtype: np.dtype[Any]
    width: int
    sparse: bool = False
    """Whether scikit-learn holds it as a sparse matrix, in which XGBoost takes zeros for missing."""


@dataclass(frozen=True)
class Frame:
    """Named columns, each a tensor of width 1: what a pipeline is given."""

    columns: Mapping[str, Tensor]

    def require_tensors(self) -> None:
        """Raise ConversionError where a column is a time, of which ONNX knows nothing: it has no name."""
        if times := [column for column, tensor in self.columns.items() if not tensor.name]:
            raise ConversionError(f"ONNX has no times, and the features use {', '.join(times)}")


Value = Tensor | Frame


@dataclass(frozen=True)
class Classified:
    """What a classifier answers: probabilities and what `decision_function` gives, where it has them."""

    classes: np.ndarray
    probabilities: Tensor | None = None
    scores: Tensor | None = None
    """Width 1 for two classes."""
    labels: Tensor | None = None
    """The place of the label among the classes as int64, where it is not the likeliest class; width 1."""


@dataclass
class Graph:
    """Nodes and constants in the order in which they were written; the same calls give the same bytes."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    terms: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """The column of texts that the runtime cuts into terms, and how, by the input's name."""
    columns: dict[str, str] = field(default_factory=dict)
    """The contract's column of each input."""
    options: Mapping[Any, Any] = field(default_factory=dict)
    """Options of skl2onnx, for the steps that it converts."""
    own: Mapping[type, Any] = field(default_factory=dict)
    """The user's converters by class."""
    _made: int = 0
    _known: dict[tuple[str, bytes, tuple[int, ...]], str] = field(default_factory=dict)

    def fresh(self) -> str:
        """Return a name that nothing has."""
        self._made += 1
        return f"t{self._made}"

    def const(self, values: Any, dtype: Any = None) -> str:
        """Return the name of a constant; equal ones of numbers are written once."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(np.asarray(values, dtype=dtype)).reshape(np.shape(values))
        if array.dtype.kind in "US":
            array = array.astype(object)
        key = (str(array.dtype), b"" if array.dtype == object else array.tobytes(), array.shape)
        if array.dtype != object and key in self._known:
            return self._known[key]
        name = self.fresh()
        self.constants.append(numpy_helper.from_array(array, name))
        self._known[key] = name
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> Any:
        """Return the name of a node's output, or of its outputs as a list."""
        from onnx import helper

        if not all(inputs):
            raise ConversionError("ONNX has no times, and the features use one")
        names = [self.fresh() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def cast(self, value: Tensor, dtype: Any) -> Tensor:
        """Return a tensor in another type."""
        from onnx import helper

        dtype = np.dtype(dtype)
        if value.dtype == dtype:
            return value
        if value.dtype.kind == "O" or dtype.kind == "O":
            raise ConversionError(f"texts are used as numbers ({value.dtype} as {dtype})")
        name = self.node("Cast", value.name, to=helper.np_dtype_to_tensor_dtype(dtype))
        return Tensor(name, dtype, value.width, value.sparse)

    def apply(self, kind: str, value: Tensor, *constants: Any, dtype: Any = np.float64) -> Tensor:
        """Return an operation on a tensor and constants as numpy does it in place.

        It is computed in the type that numpy would take, `dtype` if the constants are of it, and rounded to the
        tensor's own: a float32 stays one.
        """
        wide = self.cast(value, dtype)
        name = self.node(kind, wide.name, *(self.const(one, dtype) for one in constants))
        return self.cast(Tensor(name, np.dtype(dtype), value.width), value.dtype)

    def join(self, values: Sequence[Tensor], dtype: Any = None) -> Tensor:
        """Return tensors side by side, in the type that numpy gives them together."""
        if not values:
            raise ConversionError("a step gets no column")
        dtype = dtype or np.result_type(*(value.dtype for value in values))
        cast = [self.cast(value, dtype) for value in values]
        if len(cast) == 1:
            return cast[0]
        name = self.node("Concat", *(value.name for value in cast), axis=1)
        return Tensor(name, np.dtype(dtype), sum(value.width for value in cast))

    def take(self, value: Tensor, places: Sequence[int]) -> Tensor:
        """Return some columns of a tensor."""
        places = [int(place) for place in places]
        if places == list(range(value.width)):
            return value
        name = self.node("Gather", value.name, self.const(places, np.int64), axis=1)
        return Tensor(name, value.dtype, len(places), value.sparse)

    def each(self, value: Value) -> list[Tensor]:
        """Return the columns one by one, each of width 1."""
        if isinstance(value, Frame):
            return list(value.columns.values())
        return [self.take(value, [place]) for place in range(value.width)]

    def matrix(self, value: Value, dtype: Any = None) -> Tensor:
        """Return a value as one tensor of numbers."""
        found = value if isinstance(value, Tensor) else self.join(list(value.columns.values()))
        return self.cast(found, dtype) if dtype else found

    def double(self, value: Value) -> Tensor:
        """Return a value as one tensor of doubles."""
        return self.matrix(value, np.float64)

    def result(self, name: str, width: int, dtype: Any = np.float64) -> Tensor:
        """Return a node's output as a tensor."""
        return Tensor(name, np.dtype(dtype), width)

    @contextmanager
    def step(self, estimator: Any) -> Iterator[None]:
        """Name the step in the reason when what it holds is not what a converter expects."""
        try:
            yield
        except ConversionError:
            raise
        except Exception as error:
            raise ConversionError(
                f"{type(estimator).__name__} cannot be written: {type(error).__name__}: {error}"[:300]
            ) from error
