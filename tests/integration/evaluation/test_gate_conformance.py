"""Every gate is asked the same: ours, and that of a stranger's package which nobody here names."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conformance.gates import AskedConformance, GateConformance

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.gate import Gate, gates, strangers
from trunkline.core.plugins import OURS, plugins
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Case, Scored, check_waivers, judge
from trunkline.evaluation.judging import fairness_verdicts

TOYS = ("trunkline-toys",)
CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="skill", type="number"),
        Column(name="days", type="integer", nullable=True, minimum=0, maximum=9),
        Column(name="sex", type="category", role=Role.AUDIT, protected=True, categories=("f", "m")),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
TEST = {"name": "more-skill", "column": "skill", "add": 0.5, "expect": "not-lower"}
FLOORS = {"accuracy": 0.6}
SLICE = {"name": "men", "where": {"sex": "m"}, "floors": FLOORS}
ASKED = [
    gate
    for gate in gates()
    if gate.room() in ("performance", "fairness", "robustness", "slices")
    # They speak where others cannot, or of what is listed and not drawn.
    and gate.name not in ("performance/metric:{metric}", "fairness/none", "robustness/unseen")
    and not gate.name.endswith("/error-gap")
]


def people(rows: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    skill = draw.normal(size=rows)
    return pd.DataFrame(
        {
            "skill": skill,
            "days": draw.integers(0, 9, rows),
            "sex": draw.choice(["f", "m"], rows),
            "released": np.where(skill + 0.7 * draw.normal(size=rows) > 0, "Yes", "No"),
        }
    )


def answers_of(frame: pd.DataFrame) -> Scored:
    chance = 1 / (1 + np.exp(-2.4 * frame["skill"].to_numpy()))
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


def case_of(rows: int, **sections: Any) -> Case:
    own = {
        "performance": {"resamples": 200, "floors": FLOORS, "slices": [SLICE]},
        "robustness": {"metamorphic": [TEST]},
        **sections,
    }
    policy = Policy.model_validate({"name": "a", "package": "a", "plugins": TOYS, "gates": own})
    test = answers_of(people(rows))
    train = answers_of(people(rows, 1))
    return Case(contract=CONTRACT, policy=policy, test=test, ask=answers_of, train=train, champion=test)


CASES = {rows: case_of(rows) for rows in (1, 5, 2000)}


def verdicts_of(gate: Gate[Any], rows: int) -> tuple[Verdict, ...]:
    case = CASES[rows]
    if gate.room() == "fairness":
        found = fairness_verdicts(case.paired, case.masks, case.policy.gates, champion=case.reigning)
        return tuple(one for one in found if gate.matches(one.gate))
    return tuple(gate.verdicts(case))


@pytest.mark.parametrize("gate", gates(), ids=lambda gate: gate.name)
class TestOurs(GateConformance):
    def test_it_has_its_line_in_the_table(self, gate: type[Gate[Any]]) -> None:
        assert plugins("gates")[gate.name] is gate


@pytest.mark.parametrize("gate", ASKED, ids=lambda gate: gate.name)
class TestOursAskedAboutAModel(AskedConformance):
    @pytest.fixture
    def said(self, gate: type[Gate[Any]]) -> tuple[Verdict, ...]:
        return verdicts_of(gate(), 2000)

    @pytest.fixture
    def few(self, gate: type[Gate[Any]]) -> tuple[Verdict, ...]:
        return verdicts_of(gate(), 1 if gate.name == "robustness/row-order" else 5)


class TestOfAStranger(AskedConformance):
    @pytest.fixture
    def found(self, toys: None) -> Gate[Any]:
        (gate,) = strangers(CASES[5].policy, TOYS)
        return gate

    @pytest.fixture
    def gate(self, found: Gate[Any]) -> type[Gate[Any]]:
        return type(found)

    @pytest.fixture
    def said(self, found: Gate[Any]) -> tuple[Verdict, ...]:
        return verdicts_of(found, 2000)

    @pytest.fixture
    def few(self, found: Gate[Any]) -> tuple[Verdict, ...]:
        return verdicts_of(found, 5)

    def test_a_package_that_the_policy_does_not_list_is_not_imported(self, toys: None) -> None:
        sys.modules.pop("trunkline_toys.mistakes", None)
        assert strangers(CASES[5].policy, ()) == ()
        assert "trunkline_toys.mistakes" not in sys.modules

    def test_it_is_asked_with_ours_by_its_own_section_and_can_be_waived(self, toys: None) -> None:
        waiver = {"gate": "toys/mistakes", "owner": "Ada", "reason": "known", "expires": "2999-01-01"}
        case = case_of(2000, waivers=[waiver], **{"toys/mistakes": {"most": 0.01}})
        mine = strangers(case.policy, TOYS)
        check_waivers(case.policy, CONTRACT, {}, today=date(2026, 11, 2), strangers=mine)
        _, found = judge(
            Case(
                contract=CONTRACT,
                policy=case.policy,
                test=case.test,
                ask=answers_of,
            ),
            today=date(2026, 11, 2),
            rooms=(),
            strangers=mine,
        )
        said = {verdict.gate: verdict for verdict in found}
        assert said.keys() == {"toys/mistakes"}
        verdict = said["toys/mistakes"]
        assert (verdict.outcome, verdict.threshold, verdict.stops) == ("fail", 0.01, False)

    @pytest.mark.parametrize(
        ("name", "section", "named"),
        [
            ("toys/mistakes", {"most": 2}, "gates.toys/mistakes: most"),
            ("toys/mistakes", {"moost": 0.1}, "gates.toys/mistakes: moost"),
            ("toys/mistake", {"most": 0.1}, "gates.toys/mistake "),
        ],
    )
    def test_what_its_section_may_not_say_is_refused_with_the_key(
        self, name: str, section: dict[str, Any], named: str, toys: None
    ) -> None:
        policy = case_of(5, **{name: section}).policy
        with pytest.raises(PolicyError) as refused:
            strangers(policy, TOYS)
        assert named in refused.value.what

    def test_one_that_raises_is_inconclusive_and_holds_the_release_up(self, gate: type[Gate[Any]]) -> None:
        class Broken(gate):  # type: ignore[misc,valid-type]
            """It breaks."""

            def verdict(self, case: Case) -> Verdict:
                raise SystemExit(3)

        case = CASES[5]
        _, (said,) = judge(
            Case(
                contract=CONTRACT,
                policy=case.policy,
                test=case.test,
                ask=answers_of,
            ),
            today=date(2026, 11, 2),
            rooms=(),
            strangers=(Broken(),),
        )
        assert (said.gate, said.outcome, said.stops) == ("toys/mistakes", "inconclusive", True)
        assert "SystemExit" in said.reason


def test_every_line_of_the_table_is_a_gate_of_that_name() -> None:
    assert [gate.name for gate in gates()] == list(OURS["gates"])


def test_a_section_without_a_room_is_an_unknown_key_of_the_policy(tmp_path: Path) -> None:
    from trunkline.core.policy.reading import read_policy

    path = tmp_path / "trunkline.yaml"
    path.write_text("name: a\npackage: a\ngates:\n  perfomance: {}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="did you mean performance"):
        read_policy(path)
