"""What a promotion's pull request tells its reader."""

from __future__ import annotations

from trunkline.core.lineage import Version
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, LocalSettings, next_state
from trunkline.loop.rollout.promoting import describe_stage, phrase

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
VERSION = Version(number=2, bundle=TWO.bundle)
EMPTY = DesiredState(environment="production", target=LocalSettings(port=8080))
SERVED = next_state(EMPTY, "single", challenger=ONE)


def test_a_silent_stage_says_that_nothing_is_returned() -> None:
    text = describe_stage(next_state(SERVED, "silent", challenger=TWO), "silent", VERSION, "")
    assert "Version 1 goes on answering; version 2 sees every request" in text
    assert "never returned" in text


def test_a_canary_says_how_many_users_and_that_they_stay() -> None:
    state = next_state(SERVED, "canary", challenger=TWO, share=0.2)
    assert phrase("canary", state) == "as canary for 20 % of users"
    text = describe_stage(state, "canary", VERSION, "")
    assert "20 % of users get version 2, always the same ones; the others stay with version 1." in text


def test_every_stage_says_how_to_go_back() -> None:
    state = next_state(SERVED, "single", challenger=TWO)
    assert "Reverting the merge goes back." in describe_stage(state, "single", VERSION, "")


def test_evidence_stands_at_the_end() -> None:
    state = next_state(SERVED, "single", challenger=TWO)
    assert describe_stage(state, "single", VERSION, "## Report").endswith("\n## Report")
