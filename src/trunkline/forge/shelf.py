"""The folder of the local forge: numbered records as JSON, each with a page for people beside it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.lock import only_one
from trunkline.core.record import write_atomically

from .protocol import Issue, PullRequest

PULLS = "pulls"
ISSUES = "issues"


@dataclass(frozen=True)
class Shelf:
    """Pull requests under `pulls/` and issues under `issues/`; both draw their numbers from one row, as on GitHub."""

    folder: Path

    def lock(self) -> AbstractContextManager[None]:
        """Keep every other process and thread from changing the forge meanwhile; a killed holder lets go."""
        return only_one(self.folder / ".lock", "A change of the forge", wait=True)

    def next_number(self) -> int:
        """Return the number of the next pull request or issue; only while the lock is held."""
        return max((number for room in (PULLS, ISSUES) for number in self._numbers(room)), default=0) + 1

    def pull_request(self, number: int) -> PullRequest:
        """Return a pull request; raise ForgeError when there is none of this number."""
        return PullRequest.read(self._require(PULLS, number, "pull request"), error=ForgeError)

    def pull_requests(self) -> tuple[PullRequest, ...]:
        """Return every pull request by number."""
        return tuple(self.pull_request(number) for number in self._numbers(PULLS))

    def issue(self, number: int) -> Issue:
        """Return an issue; raise ForgeError when there is none of this number."""
        return Issue.read(self._require(ISSUES, number, "issue"), error=ForgeError)

    def issues(self) -> tuple[Issue, ...]:
        """Return every issue by number."""
        return tuple(self.issue(number) for number in self._numbers(ISSUES))

    def put(self, record: PullRequest | Issue, page: str) -> None:
        """Write a record and its page; only while the lock is held."""
        path = self._path(PULLS if isinstance(record, PullRequest) else ISSUES, record.number)
        record.write(path)
        write_atomically(path.with_suffix(".md"), page.encode())

    def _path(self, room: str, number: int) -> Path:
        return self.folder / room / f"{number:04d}.json"

    def _numbers(self, room: str) -> list[int]:
        return sorted(int(path.stem) for path in (self.folder / room).glob("[0-9]*.json"))

    def _require(self, room: str, number: int, what: str) -> Path:
        path = self._path(room, number)
        if not path.is_file():
            known = ", ".join(f"#{each}" for each in self._numbers(room))
            opens = "trunkline release proposes the first" if room == PULLS else "monitoring opens the first"
            raise ForgeError(
                f"There is no {what} #{number}.",
                next_step=f"use one of: {known}" if known else f"there is none yet; {opens}",
            )
        return path
