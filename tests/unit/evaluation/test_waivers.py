from __future__ import annotations

from datetime import date

import pytest

from trunkline.core.verdicts import Outcome, Verdict, Waiver
from trunkline.evaluation.waivers import apply_waivers

TODAY = date(2026, 11, 2)


def verdict(
    gate: str = "fairness/sex/equalized-odds", outcome: Outcome = "fail", *, blocking: bool = True
) -> Verdict:
    return Verdict(gate=gate, outcome=outcome, reason="Too unlike.", blocking=blocking)


def waiver(gate: str = "fairness/sex/*", expires: str = "2026-12-31") -> Waiver:
    return Waiver(gate=gate, owner="Ada", reason="Known, being worked on", expires=expires)


@pytest.mark.parametrize("outcome", ["fail", "inconclusive"])
def test_a_waiver_lets_a_red_gate_through_and_its_outcome_stays(outcome: Outcome) -> None:
    (found,) = apply_waivers([verdict(outcome=outcome)], [waiver()], today=TODAY)

    assert found.outcome == outcome
    assert found.waiver is not None
    assert not found.stops


def test_a_waiver_holds_on_its_last_day() -> None:
    (found,) = apply_waivers([verdict()], [waiver(expires="2026-11-02")], today=TODAY)

    assert not found.stops


def test_an_expired_waiver_fails_and_the_reason_says_when_it_expired() -> None:
    found, late = apply_waivers([verdict()], [waiver(expires="2026-11-01")], today=TODAY)
    assert (late.gate, late.outcome, late.stops) == ("waivers/expired", "fail", True)

    assert found.stops
    assert "The waiver of Ada expired on 2026-11-01." in found.reason


def test_a_valid_waiver_counts_beside_an_expired_one_which_fails_all_the_same() -> None:
    found, late = apply_waivers([verdict()], [waiver(expires="2020-01-01"), waiver()], today=TODAY)

    assert found.waiver == waiver()
    assert (late.gate, late.stops) == ("waivers/expired", True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (verdict(outcome="pass"), "no longer red"),
        (verdict(blocking=False), "no longer red"),
        (verdict("data/rows"), "no gate has this name"),
    ],
)
def test_a_waiver_that_expired_fails_though_its_gate_is_green(said: Verdict, why: str) -> None:
    found = apply_waivers([said], [waiver(expires="2026-11-01")], today=TODAY)

    assert [one.gate for one in found] == [said.gate, "waivers/expired"]
    assert (found[1].outcome, found[1].stops) == ("fail", True)
    assert f"fairness/sex/* (Ada, until 2026-11-01: Known, being worked on; {why})" in found[1].reason
    assert "gates.waivers" in found[1].advice


def test_a_waiver_covers_only_the_gates_it_names() -> None:
    found = apply_waivers([verdict("fairness/age/equalized-odds"), verdict()], [waiver()], today=TODAY)

    assert [one.stops for one in found] == [True, False]


def test_waivers_that_nothing_needs_are_named_with_the_reason() -> None:
    found = apply_waivers(
        [verdict("data/rows", "pass")], [waiver("data/*"), waiver("fairnes/*")], today=TODAY
    )

    assert found[-1].gate == "waivers/unused"
    assert found[-1].outcome == "pass"
    assert not found[-1].blocking
    assert "data/* (no longer red)" in found[-1].reason
    assert "fairnes/* (no gate has this name)" in found[-1].reason


def test_a_verdict_that_does_not_block_needs_no_waiver() -> None:
    found = apply_waivers([verdict(blocking=False)], [waiver()], today=TODAY)

    assert found[0].waiver is None
    assert found[1].gate == "waivers/unused"
