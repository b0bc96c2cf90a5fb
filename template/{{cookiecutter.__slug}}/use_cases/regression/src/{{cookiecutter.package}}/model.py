"""The model: which estimators compete. Each is searched on train and validation data, the best is judged once on test.

How many settings are tried, and by which metric, is said by `training.search` in trunkline.yaml.
"""

from __future__ import annotations

from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return the candidates, the simplest first. Seeds are set by Trunkline."""
    return [
        Candidate(
            "gradient-boosting",
            HistGradientBoostingRegressor(max_iter=200),
            search={"learning_rate": [0.1, 0.15, 0.2], "max_leaf_nodes": [15, 31]},
        ),
        Candidate(
            "extra-trees",
            ExtraTreesRegressor(n_estimators=60),
            search={"min_samples_leaf": [2, 3, 5], "max_features": [0.7, 1.0]},
        ),
    ]
