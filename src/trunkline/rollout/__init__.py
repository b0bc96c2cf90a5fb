"""A rollout: what the two versions of a stage did on live traffic, and what follows."""

from .advice import Advice, advise
from .comparing import ArmRows, compare, level_of
from .evidence import Answers, Stage, measure_stage, split_answers
from .stage import ArmFigures, StageEvidence, Unseen
from .stage_report import stage_report

__all__ = [
    "Advice",
    "Answers",
    "ArmFigures",
    "ArmRows",
    "Stage",
    "StageEvidence",
    "Unseen",
    "advise",
    "compare",
    "level_of",
    "measure_stage",
    "split_answers",
    "stage_report",
]
