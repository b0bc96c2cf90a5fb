"""Whether scheduled workflows still run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from trunkline.core.policy.monitoring import Monitoring
from trunkline.forge import Forge, Issue, Workflow
from trunkline.forge.protocol import Comment
from trunkline.loop.life.heartbeat import FINGERPRINT, LINES, Beat, look, tell

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def beat(
    file: str = "monitor.yml",
    *,
    state: str = "active",
    hours: float | None = 1,
    added: float | None = 1000,
    scheduled: bool = False,
) -> Beat:
    newest = None if hours is None else NOW - timedelta(hours=hours)
    since: Mapping[str, datetime] = {} if added is None else {file: NOW - timedelta(hours=added)}
    seen = Workflow(file=file, state=state, newest=newest, conclusion="success" if newest else "")
    (found,) = look([seen], Monitoring(), added=since, now=NOW, scheduled=scheduled)
    return found


def test_a_workflow_that_ran_in_time_is_well() -> None:
    assert not beat().trouble
    assert not beat("retrain.yml", hours=24 * 8).trouble


@pytest.mark.parametrize(
    ("file", "hours"), [("monitor.yml", 7), ("rollout.yml", 7), ("retrain.yml", 24 * 10)]
)
def test_one_that_is_late_is_in_trouble(file: str, hours: float) -> None:
    found = beat(file, hours=hours)
    assert found.trouble
    assert "ended well last" in found.words


def test_one_that_only_fails_counts_from_when_it_ended_well_last() -> None:
    seen = Workflow(
        file="monitor.yml",
        state="active",
        newest=NOW,
        conclusion="failure",
        succeeded=NOW - timedelta(hours=7),
    )
    (found,) = look([seen], Monitoring(), added={}, now=NOW)
    assert found.trouble


@pytest.mark.parametrize(
    ("conclusion", "newest", "succeeded", "trouble"),
    [
        ("success", 1, 1, False),
        ("skipped", 1, 2, False),
        ("skipped", 1, 50, True),
        ("skipped", 1, None, False),  # the machine was named since
        ("skipped", 7, None, True),
        ("failure", 1, 2, False),
        ("failure", 1, 50, True),
    ],
)
def test_a_run_that_was_skipped_is_none_that_ended_well(
    conclusion: str, newest: float, succeeded: float | None, trouble: bool
) -> None:
    seen = Workflow(
        file="rollout.yml",
        state="active",
        newest=NOW - timedelta(hours=newest),
        conclusion=conclusion,
        succeeded=None if succeeded is None else NOW - timedelta(hours=succeeded),
    )
    (found,) = look([seen], Monitoring(), added={}, now=NOW, seen_from="production-machine")
    assert found.trouble is trouble


@pytest.mark.parametrize(("runner", "conclusion"), [("", "success"), ("", ""), (None, "skipped")])
def test_one_that_sees_nothing_does_not_stand_still(runner: str | None, conclusion: str) -> None:
    seen = Workflow(
        file="monitor.yml", state="active", newest=NOW - timedelta(hours=100), conclusion=conclusion
    )
    (found,) = look([seen], Monitoring(), added={}, now=NOW, seen_from=runner)
    assert not found.trouble
    assert "TRUNKLINE_RUNNER" in found.words


def test_one_that_the_forge_switched_off_is_switched_on_again() -> None:
    found = beat(state="disabled_inactivity")
    assert found.trouble
    assert found.asleep
    assert found.enable


@pytest.mark.parametrize("file", ["monitor.yml", "rollout.yml", "retrain.yml", "heartbeat.yml"])
def test_one_that_is_awake_is_kept_awake_and_the_heartbeat_is_one_of_them(file: str) -> None:
    found = beat(file)
    assert (found.trouble, found.asleep, found.enable) == (False, False, True)


def test_the_heartbeat_that_is_late_is_in_trouble_unless_its_schedule_asks() -> None:
    assert beat("heartbeat.yml", hours=24 * 4).trouble
    found = beat("heartbeat.yml", hours=24 * 4, scheduled=True)
    assert (found.trouble, found.enable) == (False, True)
    assert beat("monitor.yml", hours=24 * 4, scheduled=True).trouble
    assert not beat("heartbeat.yml", state="disabled_manually", scheduled=True).enable


def test_one_that_a_person_switched_off_is_left_alone() -> None:
    found = beat(state="disabled_manually", hours=1000)
    assert (found.trouble, found.enable) == (False, False)
    assert "by a person" in found.words


def test_the_first_day_is_quiet_and_says_so() -> None:
    found = beat(hours=None, added=2)
    assert not found.trouble
    assert "has not run yet" in found.words


def test_one_that_never_ran_is_in_trouble_once_it_is_old_enough() -> None:
    assert beat(hours=None, added=7).trouble
    assert not beat(hours=None, added=None).trouble


def test_workflows_without_a_schedule_do_not_count() -> None:
    assert look([Workflow(file="ci.yml", state="active")], Monitoring(), added={}, now=NOW) == ()


class Shelf:
    """As much of a forge as issues need; lists carry no comments, as on GitHub."""

    def __init__(self) -> None:
        self.kept: dict[int, Issue] = {}

    def issues(self, *, state: str = "", fingerprint: str = "") -> tuple[Issue, ...]:
        rows = (row for row in self.kept.values() if row.state == state and row.fingerprint == fingerprint)
        return tuple(row.model_copy(update={"comments": ()}) for row in rows)

    def issue(self, number: int) -> Issue:
        return self.kept[number]

    def open_issue(self, *, fingerprint: str, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        self.kept[1] = Issue(
            number=1,
            title=title,
            body=body,
            state="open",
            fingerprint=fingerprint,
            labels=labels,
            created=NOW,
        )
        return self.kept[1]

    def comment_issue(self, number: int, body: str, *, marker: str = "") -> None:
        comment = Comment(body=body, time=NOW, marker=marker)
        self.kept[number] = self.kept[number].model_copy(update={"comments": (comment,)})

    def close_issue(self, number: int, *, comment: str = "") -> Issue:
        changes: dict[str, Any] = {"state": "closed", "comments": (Comment(body=comment, time=NOW),)}
        self.kept[number] = self.kept[number].model_copy(update=changes)
        return self.kept[number]


def test_one_issue_follows_schedules_that_stand_still_and_is_closed_when_they_run() -> None:
    shelf = Shelf()
    forge = cast("Forge", shelf)
    tell(forge, ["monitor.yml ran last yesterday"], True, now=NOW)
    assert shelf.kept[1].fingerprint == FINGERPRINT
    for hour in range(LINES + 5):
        tell(forge, ["monitor.yml ran last yesterday"], True, now=NOW + timedelta(hours=hour))
    (comment,) = shelf.kept[1].comments
    assert comment.body.count("- **") == LINES
    tell(forge, ["monitor.yml ran last just now"], False, now=NOW)
    assert shelf.kept[1].state == "closed"
    assert "- monitor.yml ran last just now" in shelf.kept[1].comments[-1].body
    assert list(shelf.kept) == [1]


def test_all_is_well_opens_nothing() -> None:
    shelf = Shelf()
    tell(cast("Forge", shelf), ["monitor.yml ran last just now"], False, now=NOW)
    assert shelf.kept == {}
