"""Single values as answers: what the tasks share whose answer is one value of the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trunkline.core.contract import Contract
from trunkline.inputs import Value
from trunkline.measure.own_metric import OwnMetric
from trunkline.measure.paired import Paired

from .outcome import outcome_event


class Single:
    """One outcome an answer; its metrics, in numpy, are those of `measure`."""

    fields: tuple[str, ...] = ("prediction", "probabilities")
    silence = False
    metrics: Mapping[str, OwnMetric] = {}

    def event(self, item: str, value: object, contract: Contract) -> Value:
        """Return the outcome."""
        return outcome_event(item, value, contract)

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return the outcome of the whole answer."""
        return events[""]

    def kinds(self, paired: Paired) -> Mapping[str, Paired]:
        """Return none: an answer is one value."""
        return {}
