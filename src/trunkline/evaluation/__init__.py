"""Evaluation: the figures of a model, the gates that it must pass, and the report and card that say so."""

from trunkline.core.gate import Gate
from trunkline.tasks.metric_names import check_watched_metric

from .case import Case
from .judging import ROOMS, check_gates, judge, load_verdicts
from .performance.figures import measure
from .performance.named_slices import require_sliced
from .reports.card import card, card_pictures
from .reports.junit import junit_xml
from .reports.page import report_page
from .reports.summary import report_markdown
from .scored import Scored, truth_of
from .waivers import apply_waivers, check_waivers

__all__ = [
    "ROOMS",
    "Case",
    "Gate",
    "Scored",
    "apply_waivers",
    "card",
    "card_pictures",
    "check_gates",
    "check_waivers",
    "check_watched_metric",
    "judge",
    "junit_xml",
    "load_verdicts",
    "measure",
    "report_markdown",
    "report_page",
    "require_sliced",
    "truth_of",
]
