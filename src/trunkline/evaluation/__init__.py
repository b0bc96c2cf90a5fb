"""Evaluation: the figures of a model, the gates that it must pass, and the report and card that say so."""

from .card import card, card_pictures
from .gates import check_gates, judge
from .junit import junit_xml
from .page import report_page
from .performance import measure
from .report import report_markdown
from .scored import Scored, truth_of
from .waivers import apply_waivers

__all__ = [
    "Scored",
    "apply_waivers",
    "card",
    "card_pictures",
    "check_gates",
    "judge",
    "junit_xml",
    "measure",
    "report_markdown",
    "report_page",
    "truth_of",
]
