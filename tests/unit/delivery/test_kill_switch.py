"""The kill switch, as the history tells of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from trunkline.core.release import Deployment, Release, Route
from trunkline.delivery import DesiredState, LocalSettings, champion_alone, next_state, thrown

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
SERVED = next_state(
    DesiredState(environment="production", target=LocalSettings(port=0)), "single", challenger=ONE
)
CANARY = next_state(SERVED, "canary", challenger=TWO, share=0.2)


def release(state: DesiredState, revision: str = "r1") -> Release:
    made = state.release(revision)
    assert made
    return made


def row(serves: Release | None, **changes: Any) -> Deployment:
    whole: dict[str, Any] = {
        "time": datetime(2026, 11, 23, tzinfo=UTC),
        "environment": "production",
        "revision": "r1",
        "plan": "",
        "release": serves,
        "outcome": "applied",
    }
    return Deployment.model_validate(whole | changes)


KILLED = row(release(champion_alone(CANARY)), instead_of=release(CANARY))


def test_the_champion_alone_keeps_the_salt_so_that_the_same_users_would_come_back() -> None:
    alone = champion_alone(CANARY)
    assert (alone.strategy, alone.champion, alone.challenger, alone.share) == ("single", ONE, None, 0.0)
    assert alone.salt == CANARY.salt


def test_it_holds_for_what_is_desired_through_stops_and_failed_deployments() -> None:
    history = (row(release(CANARY)), KILLED)
    assert thrown(history, release(CANARY)) == KILLED
    later = (*history, row(None, outcome="stopped"), row(release(CANARY), outcome="went back"))
    assert thrown(later, release(CANARY)) == KILLED


def test_any_later_commit_that_changes_what_is_desired_lifts_it() -> None:
    history = (row(release(CANARY)), KILLED)
    assert thrown(history, release(CANARY, "r2")) is None
    assert thrown(history, release(SERVED)) is None
    assert thrown((*history, row(release(CANARY))), release(CANARY)) is None
    assert thrown((), release(CANARY)) is None
