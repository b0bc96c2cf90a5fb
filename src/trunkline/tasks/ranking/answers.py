"""Ranking: the best items for a user or a context, the best first; each click or purchase of an item is one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.core.contract import Contract
from trunkline.core.errors import ContractError
from trunkline.inputs import Value, input_of

from ..listed import Listed, Part, Truth
from .metrics import LONG, METRICS
from .relevance import relevant


class Ranking(Listed):
    """What happened is which items were right: what an event's value means is asked of the contract once."""

    name = "ranking"
    judging = "trunkline.tasks.ranking.judging:RankingJudging"
    parts: Mapping[str, Mapping[str, Any]] = {"item": {"type": "string"}, "score": {"type": "number"}}
    metrics = METRICS
    grouped = ("hit_rate_at_10", "ndcg_at_10", "neg_popularity_bias")
    silence = True
    """What nobody took for a while was not liked."""

    def check(self, contract: Contract) -> None:
        """Raise ContractError where rows do not say which answer and item they are about, or what is right."""
        super().check(contract)
        column = contract.outcome
        if not (contract.positive or input_of(column).yes() or input_of(column).quantity):
            raise ContractError(
                f"{column.name}: nobody can tell which outcome says that an item was right.",
                next_step="name it, as trunkline.field(role='outcome', positive='bought'), or use a bool or a number",
            )

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return of each item whether it was right."""
        return relevant(events, contract)

    def perfect(self, truth: Truth) -> list[Part]:
        """Return the items that were right."""
        return [{"item": item, "score": 1.0} for item, right in truth.items() if right]

    def blind(self, truths: Sequence[Truth]) -> list[Part]:
        """Return the popularity list: the items that were right in most answers, those of one frequency by name."""
        counts = Counter(item for truth in truths for item, right in truth.items() if right)
        best = sorted(counts, key=lambda item: (-counts[item], item))[:LONG]
        return [{"item": item, "score": counts[item] / len(truths)} for item in best]

    def example(self) -> tuple[list[Truth], list[list[Part]]]:
        """Return three answers: one right at once, one at the second place, one wrong."""
        shown: list[Part] = [{"item": "a", "score": 0.9}, {"item": "b", "score": 0.5}]
        return [{"a": True}, {"b": True}, {"a": False, "c": True}], [shown, shown, shown]
