"""Contract features: how a row becomes numbers where features.py does not say it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.project import Project
from trunkline.inputs import input_of

MOST_WORDS = 50_000
"""The most words and pairs of words that count."""


def features_of(project: Project, contract: Contract) -> Callable[[], Any]:
    """Return features() of the project's features.py, else what the contract says by itself.

    Raises ProjectError when features.py cannot be imported.
    """
    if project.has("features", "features"):
        features: Callable[[], Any] = project.plug("features", "features")
        return features
    return partial(contract_features, contract)


def contract_features(contract: Contract) -> ColumnTransformer:
    """Return an unfitted transformer of every feature of a contract.

    Categories become one column each, numbers are scaled, texts are weighed by TF-IDF. A missing number becomes the
    median, with a column that says so; a missing category is one of its own. Raises ProjectError for a feature of
    which nobody can tell how it becomes a number, such as a time.
    """
    categories: list[str] = []
    numbers: list[str] = []
    gaps: list[str] = []
    texts: list[str] = []
    for column in contract.features:
        held = input_of(column)
        if column.categories:
            categories.append(column.name)
        elif held.tensor == "float":
            (gaps if column.nullable else numbers).append(column.name)
        elif held.free:
            texts.append(column.name)
        else:
            raise ProjectError(
                f"features.py does not say how {column.name} becomes a number, and the contract alone cannot: "
                f"it holds {held.noun()}.",
                next_step="write features() in features.py, or give the column another role in contract.py",
            )
    blocks: list[tuple[str, Any, str | list[str]]] = [
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=bool(texts)), categories),
        ("numbers", StandardScaler(), numbers),
        ("gaps", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), gaps),
    ]
    words = [(f"words_{place}", _words(), name) for place, name in enumerate(texts)]
    return ColumnTransformer([block for block in blocks if block[2]] + words)


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), max_features=MOST_WORDS, sublinear_tf=True)
