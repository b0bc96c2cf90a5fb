"""The suite of gates: subclass it, and give the fixtures that it needs."""

from __future__ import annotations

import re
from typing import Any

from trunkline.core.gate import PLACES, Gate
from trunkline.core.policy.policy import policy_schema
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.reports.catalogue import settings_of

NAME = re.compile(r"[a-z0-9-]+(/([a-z0-9-]|\{[a-z]+\})+)+(:(\{[a-z]+\}|[a-z0-9-]+))*")


class GateConformance:
    """Needs the fixture `gate`: the class."""

    def test_its_name_is_a_room_and_a_question(self, gate: type[Gate[Any]]) -> None:
        assert NAME.fullmatch(gate.name)
        assert set(re.findall(r"\{(\w+)\}", gate.name)) <= PLACES.keys()
        assert gate.matches(gate.name)

    def test_its_question_ends_as_one(self, gate: type[Gate[Any]]) -> None:
        assert gate.question.endswith("?")

    def test_its_docstring_says_how_it_measures_and_what_each_answer_means(
        self, gate: type[Gate[Any]]
    ) -> None:
        said = gate.explanation()
        for text in (said.measured, said.advice, *(text for _, text in said.outcomes())):
            assert text.endswith(".")

    def test_its_keys_are_the_policys_and_have_defaults(self, gate: type[Gate[Any]]) -> None:
        for setting in settings_of(gate):
            assert setting.value == setting.default

    def test_its_own_section_goes_through_its_schema_and_back(self, gate: type[Gate[Any]]) -> None:
        if gate.section is None:
            return
        written = gate.section().model_dump(mode="json")
        assert gate.section.model_validate(written) == gate.section()
        assert written.keys() == gate.section.model_json_schema().get("properties", {}).keys()
        assert "/" in policy_schema()["$defs"]["Gates"]["patternProperties"]


class AskedConformance(GateConformance):
    """Needs also `said`, its verdicts on a sound model, and `few`, those on too few rows to say anything."""

    def test_each_verdict_is_its_own_with_question_figure_and_reason(
        self, gate: type[Gate[Any]], said: tuple[Verdict, ...]
    ) -> None:
        assert said
        for verdict in said:
            assert gate.matches(verdict.gate)
            assert (verdict.outcome, verdict.advice) == ("pass", "")
            assert verdict.question.endswith("?")
            assert verdict.figures
            assert verdict.reason.endswith((".", "!"))

    def test_too_few_rows_are_inconclusive(self, few: tuple[Verdict, ...]) -> None:
        assert {verdict.outcome for verdict in few} == {"inconclusive"}
