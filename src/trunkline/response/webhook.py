"""A signal to the address of a program or a chat; what the address says beyond its host is a secret."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.responses import Webhook
from trunkline.core.proxies import goes_through_proxies
from trunkline.core.secrets import secret
from trunkline.core.signals import Signal

from . import chat

URL = "TRUNKLINE_WEBHOOK_URL"
"""The variable that holds an address which is a secret, as those of Slack and Teams are."""
ATTEMPTS = 4
SECONDS = 10.0


class _TryAgain(Exception):
    """The address did not answer, or said that it may answer later."""


def post(
    signal: Signal,
    webhook: Webhook,
    *,
    issue: int | None = None,
    timeout: float = SECONDS,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Post a signal and return the status it was answered with.

    Tries up to four times, half a second, one and two seconds apart, when nobody answers or the answer is 429 or 5xx.
    Raises UnavailableError after the last one, and PolicyError when the address is wrong or refuses the request.
    """
    url, where = address_of(webhook), check_webhook(webhook)
    context = httpx.create_ssl_context()
    proxies = goes_through_proxies(url, context)
    message = _message(signal, webhook, issue)

    def once() -> int:
        try:
            with _unlogged():
                answer = httpx.post(url, json=message, timeout=timeout, verify=context, trust_env=proxies)
        except httpx.InvalidURL:
            raise _wrong_address() from None
        except httpx.TransportError as error:
            raise _TryAgain(type(error).__name__) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _TryAgain(f"it answered {answer.status_code}")
        if not answer.is_success:
            raise PolicyError(
                f"The webhook at {where} refused the signal: it answered {answer.status_code}.",
                next_step=f"correct {URL} or responses.webhook",
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
            next_step=f"start it, or correct {URL} or responses.webhook.url",
        ) from error


def address_of(webhook: Webhook) -> str:
    """Return the address: the secret one where there is one, else that of the policy."""
    return secret(URL) or webhook.url


def _message(signal: Signal, webhook: Webhook, issue: int | None) -> dict[str, Any]:
    if webhook.format == "slack":
        return chat.slack(signal, issue)
    return chat.teams(signal, issue) if webhook.format == "teams" else signal.to_dict()


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep the client from writing the whole address into a log."""
    logger = logging.getLogger("httpx")

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def check_webhook(webhook: Webhook) -> str:
    """Return the host of the address; its path may hold a secret and is shown nowhere.

    Raises PolicyError when the address is missing or is no HTTP address.
    """
    url = address_of(webhook)
    if not url:
        raise PolicyError(
            f"A rule posts to a webhook, and neither {URL} nor responses.webhook.url names one.",
            next_step=f"set the secret {URL}, or responses.webhook.url where the address is none",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong_address() from None
    if parts.scheme not in ("http", "https") or not host:
        raise _wrong_address()
    return f"{host}:{port}" if port else host


def _wrong_address() -> PolicyError:
    return PolicyError(
        "The address of the webhook is no HTTP address.", next_step="write it as https://example.org/path"
    )
