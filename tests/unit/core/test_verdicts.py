"""What verdicts say together, and the dates of waivers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from trunkline.core.snapshots import Window
from trunkline.core.verdicts import Evaluation, Outcome, Verdict, Waiver

WAIVER = Waiver(gate="fairness", owner="Ada", reason="audit", expires="2027-01-31")


def verdict(outcome: Outcome, *, blocking: bool = True, waiver: Waiver | None = None) -> Verdict:
    return Verdict(gate="g", outcome=outcome, reason="r", blocking=blocking, waiver=waiver)


def evaluation(*verdicts: Verdict) -> Evaluation:
    return Evaluation(
        bundle="b", snapshot="s", created=datetime(2026, 11, 23, tzinfo=UTC), figures=(), verdicts=verdicts
    )


@pytest.mark.parametrize(
    ("given", "stops"),
    [
        (verdict("pass"), False),
        (verdict("fail"), True),
        (verdict("inconclusive"), True),
        (verdict("fail", blocking=False), False),
        (verdict("inconclusive", blocking=False), False),
        (verdict("fail", waiver=WAIVER), False),
    ],
)
def test_a_verdict_stops_unless_it_passed_is_advice_or_was_waived(given: Verdict, stops: bool) -> None:
    assert given.stops is stops


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ((), "pass"),
        ((verdict("pass"), verdict("pass")), "pass"),
        ((verdict("pass"), verdict("inconclusive")), "inconclusive"),
        ((verdict("inconclusive"), verdict("fail")), "fail"),
        ((verdict("fail", blocking=False), verdict("pass")), "pass"),
        ((verdict("fail", waiver=WAIVER), verdict("inconclusive")), "inconclusive"),
    ],
)
def test_the_worst_verdict_that_stops_is_the_evaluations(
    verdicts: tuple[Verdict, ...], outcome: Outcome
) -> None:
    assert evaluation(*verdicts).outcome == outcome


def test_a_date_that_yaml_read_as_one_is_the_same_as_its_text() -> None:
    day = date(2027, 1, 31)
    assert Waiver.model_validate(WAIVER.model_dump() | {"expires": day}) == WAIVER
    assert Window.model_validate({"first": day, "last": day}) == Window(first="2027-01-31", last="2027-01-31")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        *(("expires", text) for text in ("31.12.2026", "2026-13-01", "soon", "")),
        *((key, " ") for key in ("owner", "reason")),
        *(("gate", name) for name in ("*", "*/leakage", "[a-z]*/*", "?ata/leakage")),
    ],
)
def test_a_waiver_without_a_date_an_owner_a_reason_or_a_room_is_refused_by_its_key(
    key: str, wrong: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Waiver.model_validate(WAIVER.model_dump() | {key: wrong})

    assert [problem["loc"] for problem in refused.value.errors()] == [(key,)]


@pytest.mark.parametrize(("day", "over"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)])
def test_a_waiver_holds_on_its_last_day(day: date, over: bool) -> None:
    assert WAIVER.model_copy(update={"expires": "2026-12-31"}).expired(day) is over
