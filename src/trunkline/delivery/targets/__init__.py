"""Where a release can run: one module a kind of target, behind one protocol."""

from .local import LocalSettings
from .protocol import Environment, Health, Target, TargetKind, TargetSettings

__all__ = [
    "Environment",
    "Health",
    "LocalSettings",
    "Target",
    "TargetKind",
    "TargetSettings",
]
