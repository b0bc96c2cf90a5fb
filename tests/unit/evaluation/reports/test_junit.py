from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation.reports.junit import junit_xml

ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set[str](),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "skipped", "system-out"},
}
"""The part of junit-10.xsd that is written here; `errors` and the like are never needed."""

PASS = Verdict(
    gate="data/rows",
    outcome="pass",
    reason="Enough.",
    figures=(Figure(name="rows", value=2.0, rows=2, group="part=test", interval=Interval(low=1, high=3)),),
)
FAIL = Verdict(
    gate="performance/overfit", outcome="fail", question="Too close?", reason="A gap.", advice="Be simple."
)
OPEN = Verdict(gate="performance/champion", outcome="inconclusive", reason="Too few rows.")
SOFT = Verdict(gate="fairness/sex/error-rate", outcome="fail", reason="Unlike.", blocking=False)
WAIVED = FAIL.model_copy(
    update={
        "gate": "load/latency",
        "waiver": Waiver(gate="load/*", owner="Ada", reason="Known", expires="2026-12-31"),
    }
)


def parsed(*verdicts: Verdict) -> Element:
    """Return the report, after a look at its shape and at its counts."""
    evaluation = Evaluation(
        bundle="sha256:" + "a" * 64,
        snapshot="s",
        created=datetime(2026, 11, 2, 10, 30, tzinfo=UTC),
        figures=(),
        verdicts=verdicts,
    )
    root = ElementTree.fromstring(junit_xml(evaluation).encode())  # noqa: S314 - our own text
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in (root, *root.iter("testsuite")):
        cases = list(suite.iter("testcase"))
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert suite.attrib["errors"] == "0"
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        assert int(suite.attrib["skipped"]) == sum(case.find("skipped") is not None for case in cases)
    return root


def case_of(root: Element, gate: str) -> Element:
    room, _, name = gate.partition("/")
    (found,) = [
        case
        for case in root.iter("testcase")
        if (case.attrib["classname"], case.attrib["name"]) == (f"gates.{room}", name)
    ]
    return found


def test_a_room_is_a_suite_and_a_gate_is_a_case() -> None:
    root = parsed(WAIVED, FAIL, SOFT, PASS, OPEN)

    assert [suite.attrib["name"] for suite in root] == ["data", "performance", "fairness", "load"]
    assert root.attrib["tests"] == "5"
    assert root.attrib["failures"] == "2"
    assert root[0].attrib["timestamp"] == "2026-11-02T10:30:00"


def test_what_stops_a_release_fails_with_reason_and_advice() -> None:
    root = parsed(FAIL, OPEN)

    failure = case_of(root, FAIL.gate).find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "fail", "message": "A gap."}
    assert failure.text == "Too close?\nA gap.\nWhat to do: Be simple."
    undecided = case_of(root, OPEN.gate).find("failure")
    assert undecided is not None
    assert undecided.attrib["type"] == "inconclusive"


def test_what_does_not_stop_is_skipped_and_says_why() -> None:
    root = parsed(SOFT, WAIVED)

    messages = []
    for verdict in (SOFT, WAIVED):
        skipped = case_of(root, verdict.gate).find("skipped")
        assert skipped is not None
        messages.append(skipped.attrib["message"])
    assert messages == [
        "FAIL, does not block: Unlike.",
        "FAIL, waived by Ada until 2026-12-31 (Known): A gap.",
    ]


def test_what_passes_keeps_its_figures() -> None:
    case = case_of(parsed(PASS), PASS.gate)

    assert (
        case.findtext("system-out")
        == "Enough.\nrows of part=test: 2.000 (95 % interval 1.000 to 3.000, 2 rows)"
    )


def test_every_sign_of_a_text_is_written_or_replaced() -> None:
    signs = "".join(map(chr, range(0x110000))).encode("utf-8", "replace").decode()
    hostile = FAIL.model_copy(update={"reason": signs, "advice": "]]><x a='\"&\0\ud800"})

    failure = case_of(parsed(hostile), FAIL.gate).find("failure")

    assert failure is not None
    assert failure.text is not None
    assert failure.text.endswith("]]><x a='\"&��")
    assert "\0" not in failure.attrib["message"]


@pytest.mark.parametrize("gate", ["alone", "a/b/c", "fairness/a & <b>/champion"])
def test_a_gate_of_any_name_is_a_case(gate: str) -> None:
    root = parsed(PASS.model_copy(update={"gate": gate}))

    (case,) = root.iter("testcase")
    assert case.attrib["name"] == (gate.partition("/")[2] or gate)
