from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trunkline.training.threads import answer_in_one_thread


def forest() -> Any:
    return RandomForestClassifier(2, max_depth=1, n_jobs=2, random_state=0)


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), lambda made: [made[-1]]),
        (
            make_pipeline(ColumnTransformer([("s", "passthrough", [0])], n_jobs=2), forest()),
            lambda made: list(made),
        ),
        (VotingClassifier([("a", forest()), ("b", forest())], voting="soft"), lambda made: made.estimators_),
        (OneVsRestClassifier(forest()), lambda made: made.estimators_),
        (
            StackingClassifier([("a", forest())], LogisticRegression(), cv=2),
            lambda made: [*made.estimators_, made],
        ),
        (
            CalibratedClassifierCV(forest(), cv=2),
            lambda made: [one.estimator for one in made.calibrated_classifiers_],
        ),
    ],
)
def test_every_fitted_part_answers_in_one_thread(model: Any, parts: Any) -> None:
    rows = np.arange(24.0).reshape(12, 2)
    made = model.fit(rows, np.array([0, 1] * 6))
    answer_in_one_thread(made)
    assert [part.n_jobs for part in parts(made)] == [1] * len(parts(made))
