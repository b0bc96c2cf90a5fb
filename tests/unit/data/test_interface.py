from __future__ import annotations

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.gates import DataGates
from trunkline.data import InterfaceCase
from trunkline.data.interface import Interface

BEFORE = Contract(
    name="prices",
    columns=(Column(name="size", type="number"), Column(name="price", type="number", role=Role.OUTCOME)),
)


def also(**month: object) -> Contract:
    column = Column.model_validate({"name": "month", "type": "integer"} | month)
    return BEFORE.model_copy(update={"columns": (column, *BEFORE.columns)})


def test_without_a_champion_nobody_can_break() -> None:
    found = Interface().verdict(InterfaceCase(None, BEFORE, DataGates()))

    assert (found.gate, found.outcome) == ("data/interface", "pass")


def test_a_breaking_change_stops_a_release_and_says_what_callers_must_do() -> None:
    found = Interface().verdict(InterfaceCase(BEFORE, also(), DataGates()))

    assert (found.outcome, found.stops) == ("fail", True)
    assert "Callers must now send `month`" in found.reason
    assert found.advice


def test_a_policy_that_allows_it_lets_it_through_and_it_is_said_all_the_same() -> None:
    found = Interface().verdict(InterfaceCase(BEFORE, also(), DataGates(interface="allow")))

    assert (found.outcome, found.stops) == ("fail", False)
    assert "Callers must now send `month`" in found.reason


def test_a_compatible_change_passes_and_is_said() -> None:
    found = Interface().verdict(InterfaceCase(BEFORE, also(nullable=True), DataGates()))

    assert (found.outcome, found.stops) == ("pass", False)
    assert "`month`" in found.reason


def test_the_same_contract_has_nothing_to_tell() -> None:
    found = Interface().verdict(InterfaceCase(BEFORE, BEFORE, DataGates()))

    assert (found.outcome, found.advice) == ("pass", "")
