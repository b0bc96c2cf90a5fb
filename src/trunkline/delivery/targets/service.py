"""The service as a process of this machine: started apart, found again, asked, told, ended."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, TypeVar

import httpx
import psutil
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from trunkline.core.exposure import reached_at
from trunkline.core.own_service import own_service
from trunkline.core.policy.access import OPEN, Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.ready import Ready, ask_ready
from trunkline.core.record import Record

ACCESS = "--access"
TAKE_OVER = "--take-over"
"""The option with which systemd starts a service: it ends whatever serves the folder already."""
Found = TypeVar("Found")


def words_of(folder: Path) -> tuple[str, str]:
    """Return two words that stand beside each other in the command of whatever serves a folder."""
    return str(folder), "--host"


class Place(Record):
    """Where and how a service is started."""

    host: str
    port: int
    options: tuple[str, ...] = ()
    toolkit: str = ""
    """The version of Trunkline that it runs."""
    installation: str = ""
    """The digest of what it runs with; empty where that is the environment that started it."""

    @property
    def access(self) -> Access:
        """Return who may ask it."""
        if ACCESS not in self.options:
            return OPEN
        return Access.model_validate_json(self.options[self.options.index(ACCESS) + 1])

    @property
    def address(self) -> str:
        """Return where it can be reached from this machine."""
        scheme = "https" if self.access.tls == "own" else "http"
        host = reached_at(self.host)
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"


class Service(Place):
    """A process that was started; written as `service.json`.

    `create_time` (seconds since 1970) tells it from a later process that got the same pid.
    """

    SCHEMA: ClassVar[str] = "trunkline/service/1"

    pid: int
    create_time: float

    def process(self) -> psutil.Process | None:
        """Return the process while it lives."""
        try:
            process = psutil.Process(self.pid)
            # The clock may have been set since: the kernel counts from boot, psutil converts to time of day.
            alike = abs(process.create_time() - self.create_time) < 2.0
            if alike and process.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):  # only its parent can let it go
                    os.waitpid(self.pid, os.WNOHANG)
                return None
            return process if alike else None
        except psutil.NoSuchProcess:
            return None

    def elsewhere(self, folder: Path) -> Service | None:
        """Return the process that serves `folder` now where another started it, as systemd does after a reboot."""
        for process in psutil.process_iter(["cmdline", "create_time"]):
            words = process.info["cmdline"] or []
            if words_of(folder) in pairwise(words) and process.pid != self.pid:
                return self.model_copy(
                    update={"pid": process.pid, "create_time": process.info["create_time"]}
                )
        return None

    @property
    def supervised(self) -> bool:
        """Whether systemd keeps it: ended, it comes back by itself, as its folder's `start` says by then."""
        process = self.process()
        try:
            return process is not None and TAKE_OVER in process.cmdline()
        except psutil.Error:
            return False

    def ask(self, folder: Path) -> Ready | None:
        """Return its answer to `GET /ready` for who owns its folder, or None when it gives none."""
        try:
            return ask_ready(self.address, own_service(folder)).said
        except (httpx.HTTPError, OSError):  # of a certificate too
            return None

    def reload(self) -> None:
        """Tell it to load `release.json` again."""
        process = self.process()
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGHUP)

    def end(self, *, patience: float) -> None:
        """Ask it to end, and kill it with its children after `patience` seconds."""
        process = self.process()
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [*process.children(recursive=True), process]
            process.terminate()
            _, alive = psutil.wait_procs([process], timeout=patience)
            if alive:
                for member in family:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        member.kill()
                psutil.wait_procs(family, timeout=patience)


def service_options(
    log_folder: Path, serving: Serving, *, ship: bool = False, access: Access = OPEN
) -> tuple[str, ...]:
    """Return the options that a service is started with wherever it runs: what is tried is what will serve.

    What is only tried does not ship its log, and asks nobody for a key.
    """
    return (
        *("--log-folder", str(log_folder.resolve()), "--maximum-rows", str(serving.maximum_rows)),
        *(("--sync",) if serving.sync_log else ()),
        *(("--answer-unlogged",) if serving.log.on_full == "answer_and_count" else ()),
        *((ACCESS, access.model_dump_json(exclude_defaults=True)) if access != OPEN else ()),
        *(("--log-store", serving.log.store) if ship and serving.log.store else ()),
    )


def options_change(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Return in words what of the options of a start changes, `serving.access` key by key."""
    one, other = _told(before), _told(after)
    return "; ".join(
        f"{name} {one[name]} becomes {other[name]}".replace("  ", " ")
        if name in one and name in other
        else f"{name} {(one | other)[name]}".rstrip() + (" is new" if name in other else " goes")
        for name in other | one
        if one.get(name) != other.get(name)
    )


def _told(options: tuple[str, ...]) -> dict[str, str]:
    told: dict[str, str] = {}
    name = ""
    for word in options:
        if word.startswith("--"):
            told[name := word] = ""
        else:
            told[name] = word
    access = Access.model_validate_json(told.pop(ACCESS, "{}"))
    return told | dict(_leaves("access", access.model_dump()))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    elif value is not None:
        yield name, str(value)


def wait_for(look: Callable[[], Found | None], *, patience: float, every: float = 0.05) -> Found | None:
    """Return what `look` finds, asked every so many seconds for `patience` seconds, or None."""
    retrying = Retrying(
        stop=stop_after_delay(patience),
        wait=wait_fixed(every),
        retry=retry_if_result(lambda found: found is None),
    )
    try:
        return retrying(look)
    except RetryError:
        return None


def size(log: Path) -> int:
    """Return how many bytes a log has, 0 if it is not there."""
    return log.stat().st_size if log.exists() else 0
