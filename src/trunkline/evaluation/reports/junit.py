"""Verdicts as a JUnit report, so that a CI shows gates as tests.

Source: the schema that the Jenkins xUnit plugin publishes (junit-10.xsd), which is what CI systems read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from trunkline.core.gate import room_of
from trunkline.core.record import short
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.measure.wording import between, number, outcome_word

from .rooms import by_room

UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can hold in no form (section 2.2)."""


def junit_xml(evaluation: Evaluation) -> str:
    """Return the verdicts as JUnit XML: a suite a room, a case a gate.

    What stops a release is a failure (of type `fail` or `inconclusive`); a red answer that does not block, or is
    waived, is skipped with its reason as the message. Gates are not timed, so every time is 0.
    """
    counts = _counts(evaluation.verdicts)
    counts.pop("skipped")  # which the schema knows of suites only
    root = Element("testsuites", {"name": f"gates of {short(evaluation.bundle)}"} | counts)
    for room, mine in by_room(evaluation.verdicts, lambda one: one.gate).items():
        suite = SubElement(
            root,
            "testsuite",
            {"name": _safe(room)}
            | _counts(mine)
            | {"timestamp": evaluation.created.strftime("%Y-%m-%dT%H:%M:%S")},
        )
        for verdict in mine:
            _case(suite, verdict)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, verdict: Verdict) -> None:
    # Tools show `classname` and `name` joined by a dot.
    names = {
        "classname": f"gates.{room_of(verdict.gate)}",
        "name": verdict.gate.partition("/")[2] or verdict.gate,
    }
    case = SubElement(suite, "testcase", {key: _safe(value) for key, value in names.items()} | {"time": "0"})
    message = _safe(" ".join(verdict.reason.split()))
    if verdict.stops:
        SubElement(case, "failure", {"type": verdict.outcome, "message": message}).text = _safe(
            _told(verdict)
        )
    elif verdict.outcome != "pass":
        SubElement(case, "skipped", {"message": f"{outcome_word(verdict)}{_waiver(verdict)}: {message}"})
    else:
        SubElement(case, "system-out").text = _safe(_told(verdict))


def _told(verdict: Verdict) -> str:
    lines = [verdict.question, verdict.reason]
    lines += [
        f"{figure.name}{f' of {figure.group}' if figure.group else ''}: {number(figure.value)} "
        f"({between(figure.interval)}, {figure.rows:,} rows)"
        for figure in verdict.figures
    ]
    if verdict.outcome != "pass" and verdict.advice:
        lines.append(f"What to do: {verdict.advice}")
    return "\n".join(line for line in lines if line)


def _waiver(verdict: Verdict) -> str:
    if verdict.waiver is None:
        return ""
    waiver = verdict.waiver
    return _safe(f" by {waiver.owner} until {waiver.expires} ({waiver.reason})")


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    failures = sum(verdict.stops for verdict in verdicts)
    skipped = sum(verdict.outcome != "pass" and not verdict.stops for verdict in verdicts)
    return {
        "tests": str(len(verdicts)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
        "time": "0",
    }


def _safe(text: str) -> str:
    return UNWRITABLE.sub("�", text)
