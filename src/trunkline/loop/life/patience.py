"""Patience: a request that comes too soon (429) is made again after as long as the service says."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

ATTEMPTS = 30
"""Times that a row is sent to a service which says that it comes too soon: all connections wake together."""
LONGEST_WAIT_S = 60.0
"""A service that asks for more is not waited for."""


def patient_with(pause: Callable[[float], None]) -> Retrying:
    """Return what makes a request until it no longer comes too soon, and gives its last reply."""
    return Retrying(
        retry=retry_if_result(_comes_too_soon),
        wait=_told_to_wait,
        stop=stop_after_attempt(ATTEMPTS),
        sleep=pause,
        retry_error_callback=_last_reply,
    )


def _wait_of(reply: httpx.Response) -> float:
    """Return the seconds that a service asks to wait; a second where it does not say, or names a date."""
    told = reply.headers.get("retry-after", "")
    return max(1.0, float(told)) if told.isdecimal() else 1.0


def _comes_too_soon(reply: httpx.Response) -> bool:
    return reply.status_code == 429 and _wait_of(reply) <= LONGEST_WAIT_S


def _told_to_wait(state: RetryCallState) -> float:
    return _wait_of(_last_reply(state))


def _last_reply(state: RetryCallState) -> httpx.Response:
    if state.outcome is None:
        raise RuntimeError("asked for a reply before there was one")
    reply: httpx.Response = state.outcome.result()
    return reply
