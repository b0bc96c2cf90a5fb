"""Since when a stage lasts, by what was deployed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from trunkline.core.release import Deployment, Release, Route
from trunkline.delivery import stage_since

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE, TWO = Route(version=1, bundle="sha256:one"), Route(version=2, bundle="sha256:two")


def release(strategy: str = "canary", **changes: Any) -> Release:
    whole: dict[str, Any] = {
        "environment": "production",
        "revision": "r1",
        "strategy": strategy,
        "champion": ONE,
        "challenger": None if strategy == "single" else TWO,
        "share": 0.2 if strategy == "canary" else 0.0,
    }
    return Release.model_validate(whole | changes)


def deployed(hour: float, told: Release | None, outcome: str = "applied", **more: Any) -> Deployment:
    return Deployment.model_validate(
        {
            "time": NOON + timedelta(hours=hour),
            "environment": "production",
            "revision": "r",
            "plan": "",
            "release": told,
            "outcome": outcome,
        }
        | more
    )


def test_a_stage_began_with_its_first_deployment() -> None:
    rows = [
        deployed(0, release("single")),
        deployed(1, release("silent")),
        deployed(2, release()),
        deployed(3, release(share=0.5), "went back"),
        deployed(4, None, "stopped"),
        deployed(5, release(revision="r2")),
    ]
    assert stage_since(rows, release()) == NOON + timedelta(hours=2)
    assert stage_since(rows, release(share=0.5)) is None
    assert stage_since([], release()) is None


def test_a_canary_that_grows_is_another_stage() -> None:
    rows = [deployed(0, release()), deployed(1, release(share=0.5))]
    assert stage_since(rows, release(share=0.5)) == NOON + timedelta(hours=1)


def test_the_newest_deployment_alone_says_since_when_its_stage_lasts() -> None:
    # As another machine finds it beside the release.
    newest = deployed(5, release(revision="r2"), since=NOON + timedelta(hours=2))
    assert stage_since((newest,), release()) == NOON + timedelta(hours=2)
    assert stage_since((newest,), release(share=0.5)) is None
