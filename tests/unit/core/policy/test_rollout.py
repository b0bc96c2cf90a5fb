"""The steps of a rollout, from the short form and from a ladder."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize(
    "wrong",
    [
        {"minimum_hours": 400},
        {"minimum_hours": 1, "patience_hours": 0.5},
        {"ladder": [{"strategy": "canary", "share": 0.1, "hours": 337}]},
    ],
)
def test_a_patience_that_ends_before_a_step_may_go_on_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="patience_hours"):
        Rollout.model_validate(wrong)


def test_hours_that_no_step_takes_and_those_that_patience_equals_are_taken() -> None:
    Rollout.model_validate({"minimum_hours": 336})
    Rollout.model_validate({"minimum_hours": 400, "stages": ["single"]})


def test_a_margin_above_one_is_an_amount_in_the_unit_of_the_metric() -> None:
    assert Rollout(margin=20.0).margin == 20.0


@pytest.mark.parametrize("margin", [-0.01, float("nan"), float("inf")])
def test_a_margin_that_is_no_amount_is_refused(margin: float) -> None:
    with pytest.raises(ValidationError):
        Rollout(margin=margin)
