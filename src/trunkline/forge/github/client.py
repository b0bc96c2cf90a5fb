"""The one place that talks to GitHub: the typed client, patience with its limits, and errors of our own."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from githubkit import GitHub, Response, TokenAuthStrategy
from githubkit.exception import GitHubException, GraphQLFailed, RequestError, RequestFailed

from trunkline import __version__
from trunkline.core.errors import ForgeError, UnavailableError
from trunkline.core.proxies import goes_through_proxies, on_this_machine

from .patience import Failure, pause_after
from .refusals import HOW_TO_LOG_IN, refusal

API_VERSION = {"X-GitHub-Api-Version": "2022-11-28"}
"""The version that github.com and every supported GitHub Enterprise Server know."""
PATIENCE = 420.0
"""Seconds that one request may wait for limits and outages, all attempts together: short of the ten minutes of the
shortest job that asks, so that it ends with the reason and is not cut off."""
PAGE = 100

Ask = Callable[[], Response[Any, Any]]
Call = Callable[..., Response[Any, Any]]
"""A method of the typed client, which takes owner and name of a repository first."""


def _say(line: str) -> None:
    logging.getLogger("trunkline.forge").warning(line)


class Client:
    """Requests to one repository. `sleep` and `clock` (seconds since 1970) are the waiting, `say` tells of it."""

    def __init__(
        self,
        repository: str,
        *,
        api: str,
        token: str,
        say: Callable[[str], None] = _say,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        if urlsplit(api).scheme != "https" and not on_this_machine(api):
            raise ForgeError(
                "A token goes over https only.", value=api, next_step="correct forge.api or GITHUB_API_URL"
            )
        self.repository = repository
        self.owner, self._name = repository.split("/")
        self._say, self._sleep, self._clock, self._patience = say, sleep, clock, patience
        self._token = bool(token)
        context = httpx.create_ssl_context()  # made once: it takes longer than most answers
        self.github: GitHub[TokenAuthStrategy] = GitHub(
            token or "none",
            base_url=api,
            user_agent=f"trunkline/{__version__}",
            timeout=30.0,
            ssl_verify=context,
            trust_env=goes_through_proxies(api, context),
            http_cache=False,
            auto_retry=False,
        )

    def ask(
        self,
        what: str,
        call: Call,
        /,
        *words: object,
        carried_out: Callable[[], Any] | None = None,
        **values: object,
    ) -> Any:
        """Call a method of GitHub's API on this repository; return the JSON of its answer, None for no content.

        A request that must not be made twice brings `carried_out`, which looks whether it was: after an answer that got
        lost, what it finds (other than None) is returned instead. Raises ForgeError and UnavailableError.
        """
        answer, found = self._send(what, self._request(call, words, values), carried_out)
        if answer is None:
            return found
        return answer.json() if answer.content else None

    def graphql(self, what: str, query: str, **variables: object) -> None:
        """Have a mutation carried out that the REST API does not know. Raises what `ask` raises."""

        def request() -> Any:
            try:
                return self.github.graphql(query, variables=variables)
            except GraphQLFailed as failed:
                errors = tuple(error.message for error in failed.response.errors or ())
                raise refusal(Failure(422, "GraphQL", errors=errors), what) from None

        self._send(what, request)

    def rows(
        self, what: str, call: Call, /, *words: object, within: str = "", **values: object
    ) -> Iterator[Any]:
        """Yield the rows of every page, a hundred with each request; `within` is the key that holds them."""
        for number in itertools.count(1):
            page = self._request(call, words, values | {"per_page": PAGE, "page": number})
            answer, _ = self._send(what, page)
            assert answer is not None  # noqa: S101 - only `carried_out` leaves it out
            yield from answer.json()[within] if within else answer.json()
            if "next" not in answer.raw_response.links:
                return

    @contextmanager
    def download(self, what: str, call: Call, /, *words: object) -> Iterator[Iterator[bytes]]:
        """Yield the bytes that an address holds, as they come."""
        with self.github:
            answer, _ = self._send(what, self._request(call, words, {"stream": True}))
            assert answer is not None  # noqa: S101 - only `carried_out` leaves it out
            try:
                yield answer.raw_response.iter_bytes()
            except httpx.HTTPError as error:
                raise UnavailableError(
                    f"The download of {what} broke off: {type(error).__name__}.", next_step="try again"
                ) from None
            finally:
                answer.raw_response.close()

    def _request(self, call: Call, words: tuple[object, ...], values: Mapping[str, object]) -> Ask:
        return partial(call, self.owner, self._name, *words, headers=API_VERSION, **values)

    def _send(
        self, what: str, request: Ask, carried_out: Callable[[], Any] | None = None
    ) -> tuple[Response[Any, Any] | None, Any]:
        if not self._token:
            raise ForgeError("There is no token for GitHub.", next_step=HOW_TO_LOG_IN)
        waited, attempt = 0.0, 0
        while True:
            try:
                return request(), None
            except RequestError as error:
                failure = _failure(error)
            except GitHubException as error:
                raise ForgeError(f"GitHub's client refused: {type(error).__name__}.") from None
            pause = pause_after(failure, attempt, self._clock())
            if pause is None:
                raise refusal(failure, what)
            if waited + pause > self._patience:
                raise UnavailableError(
                    f"GitHub asks to wait {pause:.0f} s before {what}, longer than a run should.",
                    next_step="try again later; nothing is lost",
                )
            self._say(f"GitHub asks for patience ({failure.message or 'no answer'}): again in {pause:.0f} s")
            self._sleep(pause)
            waited, attempt = waited + pause, attempt + 1
            if carried_out and failure.unclear and (made := carried_out()) is not None:
                return None, made


def _failure(error: RequestError[Any]) -> Failure:
    if not isinstance(error, RequestFailed):
        cause = error.exc
        never = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout)
        return Failure(0, message=f"{type(cause).__name__}", reached=not never)
    answer = error.response
    headers = {key.lower(): value for key, value in answer.headers.items()}
    try:
        body = answer.raw_response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    rows = body.get("errors") or ()
    rows = rows if isinstance(rows, list) else [rows]
    errors = tuple(_told(row) for row in rows)
    return Failure(answer.status_code, str(body.get("message", "")).rstrip("."), headers, errors=errors)


def _told(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    return str(row.get("message") or " ".join(str(row.get(key, "")) for key in ("field", "code"))).strip()
