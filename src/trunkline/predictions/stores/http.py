"""A log that its service hands out: `GET /log`, to holders of a key of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import ClassVar, NoReturn

import httpx

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.keys import KEY_OF
from trunkline.core.own_service import bearer
from trunkline.core.proxies import private

from .protocol import Stored, belongs

KEY = KEY_OF["log"]
FORMER = "TRUNKLINE_LOG_TOKEN"
"""The variable that held the key in older installations."""


class HttpStore:
    """The files that a service offers; nobody but the service writes them."""

    writable: ClassVar[bool] = False

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._client = httpx.Client(
            headers=bearer(token),
            timeout=30.0,
            transport=httpx.HTTPTransport(retries=3),
        )

    @staticmethod
    def open(address: str, variables: Mapping[str, str]) -> HttpStore:
        """Return the store of the service at `https://host`.

        Raises StorageError when there is no key for it, or others could read it on the way.
        """
        if not private(address):
            raise StorageError(
                f"The key of the log at {address} would go there in clear.",
                next_step="name the service by https:// in serving.log.store (docs/access.md)",
            )
        token = (variables.get(KEY) or variables.get(FORMER, "")).strip()
        if not token:
            raise StorageError(
                f"The log at {address} is handed out to holders of its key alone.",
                next_step=f"set {KEY} to a key that `trunkline key new --scope log` made where the service runs",
            )
        return HttpStore(address, token)

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        """Return the files that the service offers."""
        with self._telling():
            asked = {"since": since.isoformat()} if since else {}
            answer = self._client.get(f"{self._address}/log", params=asked)
            answer.raise_for_status()
            try:
                found = tuple(Stored(str(row["name"]), str(row["tag"])) for row in answer.json()["files"])
            except (ValueError, LookupError, TypeError) as error:
                raise UnavailableError(
                    f"What answers at {self._address} hands out no prediction log.",
                    next_step="correct serving.log.store",
                ) from error
        # What a name does on this machine is not the service's to say.
        return tuple(each for each in found if belongs(each.name))

    def get(self, name: str, path: Path) -> None:
        """Write a file's content, piece by piece."""
        with self._telling(), self._client.stream("GET", f"{self._address}/log/{name}") as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise FileNotFoundError(name)
            answer.raise_for_status()
            with path.open("wb") as stream:
                for piece in answer.iter_raw():
                    stream.write(piece)

    def put(self, _: str, __: Path | bytes, *, replacing: str | None = None) -> NoReturn:  # noqa: ARG002
        """Refuse: the log lies where its service writes it."""
        self._refuse()

    def remove(self, _: Collection[str]) -> NoReturn:
        """Refuse: the log lies where its service writes it."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise StorageError(
            f"The log at {self._address} can only be read from here.",
            next_step="run the same verb on the machine that serves",
        )

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPStatusError as error:
            if error.response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise StorageError(
                    f"The service at {self._address} does not take this key for its log.",
                    next_step=f"set {KEY} to a key with the scope log; `trunkline key list` shows which are known",
                ) from error
            raise UnavailableError(
                f"The service at {self._address} does not hand out its log: "
                f"HTTP {error.response.status_code}.",
                next_step="correct serving.log.store",
            ) from error
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"The service at {self._address} does not answer: {type(error).__name__}.",
                next_step="wait, or correct serving.log.store",
            ) from error
