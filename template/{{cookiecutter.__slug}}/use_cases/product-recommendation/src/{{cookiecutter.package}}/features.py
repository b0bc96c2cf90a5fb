"""The features: how a row becomes what the model reads. Fitted with the model, so serving repeats it exactly."""

from __future__ import annotations

from sklearn.preprocessing import FunctionTransformer


def features() -> FunctionTransformer:
    """Return the unfitted transformer; it sees the contract's features by name, the user among them.

    Recommenders read ids by the names of their columns, so the frame goes through as it is.
    """
    return FunctionTransformer()
