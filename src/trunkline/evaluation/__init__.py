"""Evaluation: the figures of a model, the gates that it must pass, and the report and card that say so."""

from .card import card, card_pictures
from .gates import judge
from .metrics import check_metric_names
from .page import report_page
from .performance import measure
from .report import report_markdown
from .scored import Scored, truth_of

__all__ = [
    "Scored",
    "card",
    "card_pictures",
    "check_metric_names",
    "judge",
    "measure",
    "report_markdown",
    "report_page",
    "truth_of",
]
