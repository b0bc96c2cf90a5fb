"""Who served when, from what apply wrote down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from trunkline.core.release import Deployment, Release, Route
from trunkline.loop.life.history import Span, spans

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(minutes=60)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def deployment(
    at: int,
    strategy: Literal["single", "silent", "canary"] = "single",
    champion: int = 1,
    challenger: int = 0,
    *,
    outcome: Literal["applied", "went back", "stopped"] = "applied",
) -> Deployment:
    release = Release(
        environment="production",
        revision="abc",
        strategy=strategy,
        champion=Route(version=champion, bundle=f"sha256:{champion}"),
        challenger=Route(version=challenger, bundle=f"sha256:{challenger}") if challenger else None,
        share=0.2 if strategy == "canary" else 0.0,
    )
    return Deployment(
        time=minute(at),
        environment="production",
        revision="abc",
        plan="",
        release=None if outcome == "stopped" else release,
        outcome=outcome,
    )


def test_nothing_was_deployed() -> None:
    assert spans((), now=NOW) == ()


def test_a_version_serves_until_the_next_deployment() -> None:
    rows = (deployment(0), deployment(10, champion=2))
    assert spans(rows, now=NOW) == (
        Span(1, "champion", 1.0, minute(0), minute(10)),
        Span(2, "champion", 1.0, minute(10), NOW),
    )


def test_a_canary_shares_the_users() -> None:
    champion, challenger = spans((deployment(0, "canary", 1, 2),), now=NOW)
    assert (champion.arm, champion.share) == ("champion", 0.8)
    assert (challenger.version, challenger.arm, challenger.share) == (2, "canary", 0.2)


def test_a_silent_challenger_has_no_share() -> None:
    _, challenger = spans((deployment(0, "silent", 1, 2),), now=NOW)
    assert (challenger.arm, challenger.share) == ("silent", 0.0)


def test_a_deployment_that_went_back_interrupts_nothing() -> None:
    rows = (deployment(0), deployment(5, champion=2, outcome="went back"), deployment(9, champion=3))
    assert [(span.version, span.end) for span in spans(rows, now=NOW)] == [(1, minute(9)), (3, NOW)]


def test_nobody_serves_after_a_stop() -> None:
    rows = (deployment(0), deployment(5, outcome="stopped"), deployment(20))
    assert [(span.begin, span.end) for span in spans(rows, now=NOW)] == [
        (minute(0), minute(5)),
        (minute(20), NOW),
    ]
