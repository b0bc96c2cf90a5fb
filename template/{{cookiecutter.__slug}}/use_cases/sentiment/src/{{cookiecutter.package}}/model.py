"""The model: which estimators compete. Each is searched on train and validation data, the best is judged once on test.

How many settings are tried, and by which metric, is said by `training.search` in trunkline.yaml.
"""

from __future__ import annotations

from scipy.stats import loguniform
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return the candidates, the simplest first. Seeds are set by Trunkline."""
    return [
        Candidate("naive-bayes", MultinomialNB(), search={"alpha": loguniform(0.05, 2)}),
        Candidate(
            "logistic-regression", LogisticRegression(max_iter=2000), search={"C": loguniform(0.3, 30)}
        ),
    ]
