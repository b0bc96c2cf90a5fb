"""How long to wait before a request is made again, by what GitHub answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ATTEMPTS = 5
"""Requests that are made at most where the server failed; a rate limit is bounded by the time it costs."""


@dataclass(frozen=True)
class Failure:
    """An answer that is no success: its status (0 when there was none), headers in lower case, and what it says."""

    status: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    reached: bool = True
    """False when the request certainly never arrived."""
    errors: tuple[str, ...] = ()

    @property
    def unclear(self) -> bool:
        """Whether the request may have been carried out all the same."""
        return self.reached and (self.status == 0 or self.status >= 500)


def limited(failure: Failure) -> bool:
    """Whether it is a rate limit that refused."""
    return failure.status == 429 or (
        failure.status == 403
        and (
            "retry-after" in failure.headers
            or failure.headers.get("x-ratelimit-remaining") == "0"
            or "rate limit" in failure.message.lower()
        )
    )


def pause_after(failure: Failure, attempt: int, now: float) -> float | None:
    """Return the seconds to wait before the next attempt, None when another one would not help.

    `attempt` counts from 0, `now` is in seconds since 1970. Follows
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
    """
    if limited(failure):
        if (after := failure.headers.get("retry-after", "")).isdigit():
            return max(1.0, float(after))
        reset = failure.headers.get("x-ratelimit-reset", "")
        if failure.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(1.0, float(reset) - now + 1.0)
        return 60.0 * 2.0**attempt
    if (failure.status == 0 or failure.status >= 500) and attempt + 1 < ATTEMPTS:
        return 2.0**attempt
    return None
