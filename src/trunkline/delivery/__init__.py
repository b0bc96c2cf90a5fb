"""From the desired state in a commit to what serves: plan, apply, rollout and targets."""

from .apply import apply, read_history, stop
from .desired_state import DesiredState, LocalSettings, TargetSettings, parse_state, read_state, write_state
from .installation import Installations
from .plan import Plan, Step, plan
from .rollout import next_state, state_before
from .targets import Health, LocalTarget, Target
from .unit import Unit

__all__ = [
    "DesiredState",
    "Health",
    "Installations",
    "LocalSettings",
    "LocalTarget",
    "Plan",
    "Step",
    "Target",
    "TargetSettings",
    "Unit",
    "apply",
    "next_state",
    "parse_state",
    "plan",
    "read_history",
    "read_state",
    "state_before",
    "stop",
    "write_state",
]
