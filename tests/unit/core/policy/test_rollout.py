"""The steps of a rollout, from the short form and from a ladder."""

from __future__ import annotations

import pytest

from trunkline.core.policy.rollout import Rollout

LADDER = Rollout.model_validate(
    {
        "ladder": [
            {"strategy": "silent", "hours": 1},
            {"strategy": "canary", "share": 0.1},
            {"strategy": "canary", "share": 0.5, "hours": 72},
        ]
    }
)


def test_the_short_form_is_a_ladder_with_one_canary() -> None:
    policy = Rollout(canary_share=0.3)
    assert [(step.strategy, step.share) for step in policy.steps] == [("silent", 0.0), ("canary", 0.3)]
    assert Rollout(stages=("single",)).steps == ()


@pytest.mark.parametrize(
    ("share", "following"), [(None, 0.0), (0.0, 0.1), (0.1, 0.5), (0.2, 0.5), (0.5, None)]
)
def test_what_follows_a_step_is_the_next_share_of_the_users(
    share: float | None, following: float | None
) -> None:
    step = LADDER.after(share)
    assert (step.share if step else None) == following


def test_a_step_lasts_as_long_as_it_says_or_the_policy() -> None:
    assert [LADDER.hours_of(share) for share in (0.0, 0.1, 0.5, 0.7)] == [1.0, 24.0, 72.0, 24.0]


def test_a_canary_by_hand_gets_the_next_share() -> None:
    assert [LADDER.canary_after(share) for share in (0.0, 0.1, 0.5)] == [0.1, 0.5, 0.5]
    assert Rollout(stages=("silent", "single")).canary_after(0.0) == 0.2
