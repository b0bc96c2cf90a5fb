"""The policy of the gates: the questions that a model must answer before it is released, a module a room.

Every limit that may be `null` is a question that is then not asked.
"""

from __future__ import annotations

from pydantic import ConfigDict, field_validator

from trunkline.core.policy.section import require_distinct
from trunkline.core.policy.sections import PluginSections
from trunkline.core.verdicts import Waiver

from .data import DataGates
from .deepchecks import DeepchecksGates, Suite
from .fairness import FairnessGates
from .load import LoadGates
from .performance import NamedSlice, PerformanceGates, Value
from .robustness import Metamorphic, RobustnessGates
from .slices import SliceGates

__all__ = [
    "DataGates",
    "DeepchecksGates",
    "FairnessGates",
    "Gates",
    "LoadGates",
    "Metamorphic",
    "NamedSlice",
    "PerformanceGates",
    "RobustnessGates",
    "SliceGates",
    "Suite",
    "Value",
]


class Gates(PluginSections):
    """The questions that a model must answer before it is released; a gate of its own section has it by its name."""

    model_config = ConfigDict(
        json_schema_extra={"additionalProperties": False, "patternProperties": {"/": {"type": "object"}}}
    )

    data: DataGates = DataGates()
    performance: PerformanceGates = PerformanceGates()
    fairness: FairnessGates = FairnessGates()
    robustness: RobustnessGates = RobustnessGates()
    slices: SliceGates = SliceGates()
    deepchecks: DeepchecksGates = DeepchecksGates()
    load: LoadGates = LoadGates()
    waivers: tuple[Waiver, ...] = ()
    """Gates that may be red for a while, by a person, for a reason."""

    @field_validator("waivers")
    @classmethod
    def _waives_each_once(cls, waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
        require_distinct(waivers, "gate")
        return waivers
