"""Ranking: what training and gates ask."""

from __future__ import annotations

from typing import Any

from trunkline.core.contract import Contract
from trunkline.measure.paired import Array

from ..answers import objects
from ..listed_judging import ListedJudging
from .relevance import relevant


class RankingJudging(ListedJudging):
    """Estimators that give a list of items; they are fitted on which items were right in each row."""

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return of each row's items whether they were right."""
        return objects(relevant(dict(pairs), contract) for pairs in values)

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return the same."""
        return self.truth(values, contract)
