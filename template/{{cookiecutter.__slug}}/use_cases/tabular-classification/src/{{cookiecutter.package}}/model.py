"""The model: which estimators compete. Each is searched on train and validation data, the best is judged once on test.

How many settings are tried, and by which metric, is said by `training.search` in trunkline.yaml.
"""

from __future__ import annotations

from scipy.stats import loguniform
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return the candidates, the simplest first.

    Seeds are set by Trunkline. The spaces are small and lean towards simple models: there are few columns and
    few rows, and what a larger model would learn on top of these is noise.
    """
    return [
        Candidate(
            "logistic-regression",
            LogisticRegression(max_iter=2000),
            search={"C": loguniform(0.01, 100)},
        ),
        Candidate(
            "random-forest",
            RandomForestClassifier(n_estimators=60),
            search={"max_depth": [3, 4, 5, 6], "min_samples_leaf": [5, 10, 20, 40]},
        ),
        Candidate(
            "gradient-boosting",
            HistGradientBoostingClassifier(),
            search={"learning_rate": [0.03, 0.05, 0.1], "max_iter": [40, 80], "max_leaf_nodes": [4, 6, 8]},
        ),
    ]
