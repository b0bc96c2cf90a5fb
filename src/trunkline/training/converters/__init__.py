"""Converters: a fitted pipeline as an ONNX graph that computes what numpy and each library's trees compute.

One module a kind of step. A project adds its own by `Export(converters=...)` of a candidate.
"""

from .graph import Classified, ConversionError, Frame, Graph, Tensor, Value
from .registry import Converter, write
from .whole import exact

__all__ = [
    "Classified",
    "ConversionError",
    "Converter",
    "Frame",
    "Graph",
    "Tensor",
    "Value",
    "exact",
    "write",
]
