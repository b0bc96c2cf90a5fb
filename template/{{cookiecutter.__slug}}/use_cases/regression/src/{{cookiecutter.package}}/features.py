"""The features: how a row becomes numbers. Fitted with the model, exported with it, so serving repeats it exactly."""

from __future__ import annotations

from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder

CATEGORIES = ["weekday", "working_day", "weather"]
NUMBERS = ["month", "hour", "temperature", "humidity", "wind"]


def features() -> ColumnTransformer:
    """Return the unfitted transformer; it sees the contract's columns of role `feature`, by name."""
    return ColumnTransformer(
        [
            # A value that training never saw becomes all zeros; the API refuses it before, by the contract.
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), CATEGORIES),
            ("numbers", "passthrough", NUMBERS),
        ]
    )
