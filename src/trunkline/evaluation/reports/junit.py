"""Verdicts as a JUnit report, so that a CI shows gates as tests.

Source: the schema that the Jenkins xUnit plugin publishes (junit-10.xsd), which is what CI systems read.
"""

from __future__ import annotations

import re

from trunkline.core.verdicts import Evaluation

from .rendering import render
from .rooms import by_room

UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can hold in no form (section 2.2)."""


def junit_xml(evaluation: Evaluation) -> str:
    """Return the verdicts as JUnit XML: a suite a room, a case a gate.

    What stops a release is a failure (of type `fail` or `inconclusive`); a red answer that does not block, or is
    waived, is skipped with its reason as the message. Gates are not timed, so every time is 0.
    """
    rooms = by_room(evaluation.verdicts, lambda one: one.gate)
    return UNWRITABLE.sub(
        "\N{REPLACEMENT CHARACTER}", render("junit.xml", evaluation=evaluation, rooms=rooms)
    )
