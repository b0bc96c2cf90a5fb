"""From the desired state in a commit to what serves: plan, apply, rollout and targets."""

from .apply import apply, stop
from .container_unit import ContainerUnit
from .desired_state import DesiredState, parse_state, read_state, write_state
from .history import read_history, stage_since
from .kill_switch import champion_alone, thrown
from .once import serve_once
from .plan import Plan, Step, plan
from .rollout import next_state, state_before
from .targets import Environment, Health, LocalSettings, Target, TargetKind, TargetSettings
from .targets.kinds import kind_of, plain_http, require_possible, settings_of
from .targets.local_target import LocalTarget
from .unit import Unit

__all__ = [
    "ContainerUnit",
    "DesiredState",
    "Environment",
    "Health",
    "LocalSettings",
    "LocalTarget",
    "Plan",
    "Step",
    "Target",
    "TargetKind",
    "TargetSettings",
    "Unit",
    "apply",
    "champion_alone",
    "kind_of",
    "next_state",
    "parse_state",
    "plain_http",
    "plan",
    "read_history",
    "read_state",
    "require_possible",
    "serve_once",
    "settings_of",
    "stage_since",
    "state_before",
    "stop",
    "thrown",
    "write_state",
]
