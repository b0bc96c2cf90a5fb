"""The features: how a row becomes numbers. Fitted with the model, exported with it, so serving repeats it exactly."""

from __future__ import annotations

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer


def features() -> ColumnTransformer:
    """Return the unfitted transformer; it sees the contract's columns of role `feature`, by name.

    Words and pairs of words: only a pair tells `not good` from `good`.
    """
    # A vectorizer takes one column of texts, so its name stands alone and not in a list.
    return ColumnTransformer([("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), "sentence")])
