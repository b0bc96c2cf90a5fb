"""How long to wait before a request is made again."""

from __future__ import annotations

import pytest

from trunkline.forge.github.patience import ATTEMPTS, Failure, limited, pause_after

NOW = 1_000_000.0


def test_what_the_server_asks_for_is_kept() -> None:
    assert pause_after(Failure(403, headers={"retry-after": "42"}), 0, NOW) == 42
    assert pause_after(Failure(429, headers={"retry-after": "0"}), 0, NOW) == 1


def test_a_used_up_limit_is_waited_out_until_its_reset() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 90)}
    assert pause_after(Failure(403, headers=headers), 0, NOW) == 91
    assert pause_after(Failure(403, headers=headers), 0, NOW + 500) == 1


def test_a_limit_that_names_no_time_takes_a_minute_and_ever_more() -> None:
    failure = Failure(403, message="You have exceeded a secondary rate limit")
    assert [pause_after(failure, attempt, NOW) for attempt in range(3)] == [60, 120, 240]


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_a_server_in_trouble_is_given_up_after_a_few_attempts(status: int) -> None:
    pauses = [pause_after(Failure(status), attempt, NOW) for attempt in range(ATTEMPTS)]
    assert pauses == [1, 2, 4, 8, None]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    failure = Failure(status, headers={"x-ratelimit-remaining": "4999"})
    assert not limited(failure)
    assert pause_after(failure, 0, NOW) is None


def test_an_answer_that_got_lost_is_unclear_and_a_closed_door_is_not() -> None:
    assert Failure(0).unclear
    assert Failure(502).unclear
    assert not Failure(0, reached=False).unclear
    assert not Failure(429).unclear
