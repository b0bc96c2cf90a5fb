"""The whole policy, and its JSON Schema for editors."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ValidationError, model_validator

from ..plugins import OURS
from .data import DataPolicy
from .delivery import ForgePolicy, RegistryPolicy, Serving
from .gates import Gates
from .monitoring import Monitoring
from .responses import Responses, Retraining
from .rollout import Rollout
from .scoring import Scoring
from .section import Distinct, Section, Shape
from .sections import PluginSections
from .signatures import Signatures
from .training import TrainingPolicy


class Policy(Section):
    """The whole of `trunkline.yaml`."""

    name: Annotated[
        str, Shape(r"^[a-z][a-z0-9-]*$", "write it in small letters, digits and hyphens, a letter first")
    ]
    """The model's name in the registry, on cards and in the service."""
    package: Annotated[
        str, Shape(r"^[a-z][a-z0-9_]*$", "write it in small letters, digits and _, a letter first")
    ]
    """The Python package under src/ that holds contract, data, features and model."""
    intended_use: str = ""
    """One or two sentences for the card: what decisions the model supports, and for whom it is not."""
    owner: str = ""
    """Who answers for the model."""
    license: str = ""
    """The model's licence for the card, as Hugging Face spells it (apache-2.0, mit, other); empty means unknown."""
    data: DataPolicy = DataPolicy()
    training: TrainingPolicy = TrainingPolicy()
    gates: Gates = Gates()
    registry: RegistryPolicy = RegistryPolicy()
    rollout: Rollout = Rollout()
    serving: Serving = Serving()
    scoring: Scoring = Scoring()
    signatures: Signatures = Signatures()
    monitoring: Monitoring = Monitoring()
    responses: Responses = Responses()
    retraining: Retraining = Retraining()
    forge: ForgePolicy = ForgePolicy()
    plugins: Distinct[tuple[str, ...]] = ()
    """Packages that may add gates, monitors and targets (entry points `trunkline.…`); the lock must name each."""

    @model_validator(mode="after")
    def _only_packages_bring_further_sections(self) -> Policy:
        unknown = [
            {"type": "extra_forbidden", "loc": (section, name), "input": value}
            for section, owner in self
            if isinstance(owner, PluginSections)
            for name, value in owner.others.items()
            if not ((self.plugins or name in OURS.get(section, ())) and isinstance(value, dict))
        ]
        if unknown:
            raise ValidationError.from_exception_data("Policy", unknown)  # type: ignore[arg-type]
        return self


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of `trunkline.yaml`, for editors."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | Policy.model_json_schema() | {"title": "trunkline.yaml"}
