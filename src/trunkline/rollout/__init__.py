"""A rollout: what the two versions of a stage did on live traffic, and what follows."""

from .advice import Advice, advise, level_of
from .evidence import Answers, Failures, Stage, count_failures, measure_stage, split_answers, stage_since
from .stage import ArmFigures, StageEvidence, Unseen
from .stage_report import stage_report

__all__ = [
    "Advice",
    "Answers",
    "ArmFigures",
    "Failures",
    "Stage",
    "StageEvidence",
    "Unseen",
    "advise",
    "count_failures",
    "level_of",
    "measure_stage",
    "split_answers",
    "stage_report",
    "stage_since",
]
