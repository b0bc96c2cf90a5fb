"""What follows from what was seen: issues, e-mail, webhooks, the wish to retrain, and how a rollout goes on."""

from .advance import Advice, advise, level_of
from .carry_out import Done, carry_out
from .policy import Response, decide
from .stage import ArmFigures, StageEvidence, Unseen
from .stage_report import stage_report

__all__ = [
    "Advice",
    "ArmFigures",
    "Done",
    "Response",
    "StageEvidence",
    "Unseen",
    "advise",
    "carry_out",
    "decide",
    "level_of",
    "stage_report",
]
