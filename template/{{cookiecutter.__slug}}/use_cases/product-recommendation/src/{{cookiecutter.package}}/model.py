"""The model: which estimators compete. Each is searched on train and validation data, the best is judged once on test.

How many settings are tried, and by which metric, is said by `training.search` in trunkline.yaml.
"""

from __future__ import annotations

from trunkline.training import Candidate
from trunkline.training.recommenders import Neighbours, Popularity


def candidates() -> list[Candidate]:
    """Return the candidates, the simplest first.

    Customers of this shop buy the same again, so `repeats` is true: where nobody does, leave it out.
    """
    return [
        Candidate("popularity", Popularity(user="customer", seen="basket", repeats=True)),
        Candidate(
            "neighbours",
            Neighbours(user="customer", seen="basket", repeats=True),
            search={"popularity": [0.2, 0.5], "half_life": [0.15, 0.3]},
        ),
    ]
