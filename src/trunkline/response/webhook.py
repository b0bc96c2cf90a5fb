"""A signal as JSON to the address that the policy names."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.responses import Webhook
from trunkline.core.proxies import goes_through_proxies
from trunkline.core.signals import Signal

ATTEMPTS = 4
SECONDS = 10.0


class _TryAgain(Exception):
    """The address did not answer, or said that it may answer later."""


def post(
    signal: Signal,
    webhook: Webhook,
    *,
    timeout: float = SECONDS,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Post a signal and return the status it was answered with.

    Tries up to four times, half a second, one and two seconds apart, when nobody answers or the answer is 429 or 5xx.
    Raises UnavailableError after the last one, and PolicyError when the address is wrong or refuses the request.
    """
    where = check_webhook(webhook)
    context = httpx.create_ssl_context()
    proxies = goes_through_proxies(webhook.url, context)

    def once() -> int:
        try:
            answer = httpx.post(
                webhook.url, json=signal.to_dict(), timeout=timeout, verify=context, trust_env=proxies
            )
        except httpx.InvalidURL:
            raise _wrong_address() from None
        except httpx.TransportError as error:
            raise _TryAgain(f"{type(error).__name__}: {error}") from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _TryAgain(f"it answered {answer.status_code}")
        if not answer.is_success:
            raise PolicyError(
                f"The webhook at {where} refused the signal: it answered {answer.status_code}.",
                next_step="correct responses.webhook.url",
            )
        return answer.status_code

    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=4),
        retry=retry_if_exception_type(_TryAgain),
        sleep=pause,
    )
    try:
        return retrying(once)
    except RetryError as error:
        raise UnavailableError(
            f"The webhook at {where} did not take the signal in {ATTEMPTS} tries: {error.last_attempt.exception()}.",
            next_step="start it, or correct responses.webhook.url",
        ) from error


def check_webhook(webhook: Webhook) -> str:
    """Return the host of the address; its path may hold a secret and is shown nowhere.

    Raises PolicyError when the address is missing or is no HTTP address.
    """
    if not webhook.url:
        raise PolicyError(
            "A rule posts to a webhook, and responses.webhook.url is empty.",
            next_step="set responses.webhook.url in trunkline.yaml",
        )
    try:
        parts = urlsplit(webhook.url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong_address() from None
    if parts.scheme not in ("http", "https") or not host:
        raise _wrong_address()
    return f"{host}:{port}" if port else host


def _wrong_address() -> PolicyError:
    return PolicyError(
        "responses.webhook.url is no HTTP address.", next_step="write it as https://example.org/path"
    )
