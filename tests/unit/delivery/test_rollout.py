from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, LocalSettings, next_state, state_before

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
THREE = Route(version=3, bundle="sha256:" + "3" * 64)
NONE = DesiredState(environment="production", target=LocalSettings(port=0))
SINGLE = next_state(NONE, "single", challenger=ONE)
SILENT = next_state(SINGLE, "silent", challenger=TWO)
CANARY = next_state(SILENT, "canary", share=0.2)


def test_the_first_release_answers_everyone() -> None:
    assert (SINGLE.strategy, SINGLE.champion, SINGLE.challenger) == ("single", ONE, None)


def test_silent_adds_the_challenger_and_leaves_the_champion() -> None:
    assert (SILENT.strategy, SILENT.champion, SILENT.challenger, SILENT.share) == ("silent", ONE, TWO, 0.0)


def test_canary_takes_the_share_and_keeps_the_salt_of_the_silent_stage() -> None:
    assert (CANARY.strategy, CANARY.champion, CANARY.challenger, CANARY.share) == ("canary", ONE, TWO, 0.2)
    assert CANARY.salt == SILENT.salt != ""


def test_a_growing_share_keeps_the_salt_so_that_users_stay_where_they_are() -> None:
    grown = next_state(CANARY, "canary", challenger=TWO, share=0.5)
    assert (grown.share, grown.salt) == (0.5, CANARY.salt)


def test_single_makes_the_challenger_champion() -> None:
    promoted = next_state(CANARY, "single", share=0.2)
    assert (promoted.strategy, promoted.champion, promoted.challenger) == ("single", TWO, None)
    assert (promoted.share, promoted.salt) == (0.0, CANARY.salt)
    assert next_state(SILENT, "single", challenger=TWO) == promoted


def test_stages_may_be_left_out() -> None:
    assert next_state(SINGLE, "single", challenger=TWO).champion == TWO
    direct = next_state(SINGLE, "canary", challenger=TWO, share=0.2)
    assert direct == CANARY


def test_the_salt_depends_on_the_challenger_alone_and_differs_between_challengers() -> None:
    elsewhere = next_state(next_state(NONE, "single", challenger=THREE), "silent", challenger=TWO)
    assert elsewhere.salt == SILENT.salt
    assert next_state(SINGLE, "silent", challenger=THREE).salt != SILENT.salt


def test_a_newer_challenger_begins_with_silent_from_any_stage() -> None:
    for state in (SILENT, CANARY):
        newer = next_state(state, "silent", challenger=THREE)
        assert (newer.strategy, newer.champion, newer.challenger, newer.share) == ("silent", ONE, THREE, 0.0)
        assert newer.salt != state.salt


@pytest.mark.parametrize(
    ("state", "stage", "challenger", "reason", "possible"),
    [
        (NONE, "silent", ONE, "silent needs a champion", "possible: single, as the first release"),
        (NONE, "canary", ONE, "canary needs a champion", "possible: single, as the first release"),
        (NONE, "single", None, "No version is named", "possible: single, as the first release"),
        (SINGLE, "single", None, "No version is named", "silent, canary or single with another version"),
        (SINGLE, "silent", ONE, "Version 1 is the champion already", "another version than the champion"),
        (SILENT, "silent", TWO, "Version 2 is silent already", "canary or single with version 2"),
        (SILENT, "canary", THREE, "Version 2 is the challenger", "silent with a newer one"),
        (CANARY, "single", THREE, "Version 2 is the challenger", "reverting the merge"),
        (CANARY, "silent", TWO, "Version 2 is answering users already", "reverting the merge"),
        (CANARY, "canary", TWO, "canary for 20 % of users already", "canary with another share"),
        (SINGLE, "blue-green", TWO, "no stage blue-green", "silent, canary or single"),
    ],
)
def test_impossible_moves_say_what_is_possible(
    state: DesiredState, stage: str, challenger: Route | None, reason: str, possible: str
) -> None:
    with pytest.raises(PolicyError, match=reason) as caught:
        next_state(state, stage, challenger=challenger, share=0.2)
    assert possible in caught.value.next_step


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_no_part_of_the_users_is_refused(share: float) -> None:
    with pytest.raises(PolicyError, match="between 0 and 1"):
        next_state(SILENT, "canary", share=share)


@pytest.mark.parametrize("state", [SILENT, CANARY])
def test_the_way_back_is_the_state_before_the_challenger_came(state: DesiredState) -> None:
    assert state_before(state) == SINGLE


def test_a_champion_that_was_a_challenger_keeps_its_salt_on_the_way_back() -> None:
    promoted = next_state(CANARY, "single", share=0.2)
    assert state_before(next_state(promoted, "silent", challenger=THREE)) == promoted


def test_without_a_challenger_there_is_no_way_back() -> None:
    with pytest.raises(PolicyError, match="no challenger"):
        state_before(SINGLE)
