"""Evaluation: the figures of a model, the gates that it must pass, and the report and card that say so."""

from .gates import judge
from .metrics import check_metric_names
from .performance import measure
from .scored import Scored

__all__ = [
    "Scored",
    "check_metric_names",
    "judge",
    "measure",
]
