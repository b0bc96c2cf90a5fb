"""Https: a file fetched from an address into another file, and nothing but over an encrypted line."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from .errors import NotFoundError, TrunklineError, UnavailableError
from .raised import one_line

SECONDS = 60
"""How long a server may say nothing."""
PIECE = 1 << 20
GONE = (404, 410)


class Downloads:
    """Downloads of one kind of file, at most `largest` bytes each; errors name `next_step`, and have our classes."""

    def __init__(self, *, largest: int, refused: type[TrunklineError], next_step: str, correct: str) -> None:
        """`refused` is raised for what is no https address or too large; `correct` says where addresses are written."""
        self._largest, self._refused, self._next_step, self._correct = largest, refused, next_step, correct

    def fetch(self, address: str, path: Path) -> None:
        """Write what an address holds to a file.

        Raises NotFoundError when there is nothing, UnavailableError when the server does not answer or refuses, and
        OSError when the file cannot be written.
        """
        self._require_https(address)
        with path.open("wb") as file:
            try:
                with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - https, as just seen
                    self._require_https(answer.url)  # where redirections ended
                    self._copy(answer, file)
            except urllib.error.HTTPError as error:
                if error.code in GONE:
                    raise NotFoundError(f"There is nothing at {address}.", next_step=self._correct) from error
                raise self._silent(address, f"HTTP {error.code} {error.reason}") from error
            except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
                raise self._silent(address, getattr(error, "reason", error)) from error

    def _copy(self, answer: http.client.HTTPResponse, file: BinaryIO) -> None:
        expected, size = answer.headers.get("content-length"), 0
        while block := answer.read(PIECE):
            size += len(block)
            if size > self._largest:
                raise self._refused(
                    f"{answer.url} is larger than {self._largest / 1e6:,.0f} MB.", next_step=self._correct
                )
            file.write(block)
        if expected and expected.isdigit() and size < int(expected):
            raise http.client.IncompleteRead(b"", int(expected) - size)

    def _require_https(self, address: str) -> None:
        if urlsplit(address).scheme != "https":
            raise self._refused("Files are fetched by https alone.", value=address, next_step=self._correct)

    def _silent(self, address: str, why: object) -> UnavailableError:
        return UnavailableError(
            f"{address} could not be fetched: {one_line(why).rstrip('.')}.", next_step=self._next_step
        )
