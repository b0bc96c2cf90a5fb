"""What the demo stands on: verbs that are printed as they run, a mail server, and users who never stop asking."""

from __future__ import annotations

import itertools
import os
import shlex
import socket
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller

BOLD, DIM, RED, RESET = "\033[1m", "\033[2m", "\033[31m", "\033[0m"


class WalkFailed(Exception):
    """A step of the demo did not do what the demo says it does."""


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stage:
    """Runs commands in the generated project, prints them, and keeps the time that each verb took."""

    project: Path
    programs: Path
    """The folder with the command `trunkline` of the project's environment."""
    seconds: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def chapter(self, title: str, why: str) -> None:
        """Print where the story is."""
        minute, second = divmod(int(time.monotonic() - self.started), 60)
        print(f"\n{BOLD}{title}{RESET} {DIM}[{minute}:{second:02}]{RESET}\n{why}", flush=True)

    def say(self, text: str) -> None:
        """Print one sentence of the story."""
        print(f"{DIM}# {text}{RESET}", flush=True)

    def trunkline(self, *words: str, expect: int = 0) -> str:
        """Run a verb and return what it prints.

        Raises WalkFailed when its exit code is not `expect`.
        """
        return self._run(self.programs / "trunkline", words, "trunkline", expect)

    def git(self, *words: str) -> str:
        """Run git in the generated project and return what it prints."""
        return self._run("git", words, "git", 0)

    def _run(self, program: Path | str, words: tuple[str, ...], name: str, expect: int) -> str:
        print(f"{BOLD}$ {name} {shlex.join(words)}{RESET}", flush=True)
        before = time.monotonic()
        lines: list[str] = []
        with subprocess.Popen(
            [str(program), *words],
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        ) as running:
            for line in running.stdout or ():
                lines.append(line)
                print("  " + line, end="", flush=True)
            code = running.wait()
        verb = f"{name} {words[0]}"
        self.seconds[verb] += time.monotonic() - before  # type: ignore[assignment]
        self.calls[verb] += 1
        if code != expect:
            raise WalkFailed(f"`{name} {shlex.join(words)}` ended with {code}, expected {expect}")
        return "".join(lines)

    def merge(self, number: int) -> None:
        """Merge a pull request and bring the merge into the work tree."""
        self.trunkline("pr", "merge", str(number))
        self.git("pull", "--quiet", "--ff-only", "origin", "main")

    def times(self) -> list[tuple[str, int, float]]:
        """Return verb, calls and total seconds, slowest first."""
        return [(verb, self.calls[verb], total) for verb, total in self.seconds.most_common()]


def need(condition: object, what: str) -> None:
    """Stop the demo when something that it claims is not so."""
    if not condition:
        raise WalkFailed(what)


class Mailbox:
    """A real SMTP server on loopback that keeps what it gets."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a letter."""
        self.letters.append(message_from_bytes(envelope.content))
        return "250 kept"

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class Users:
    """Users who go on asking in the background; every status that they get is counted."""

    def __init__(self, address: str, rows: list[dict[str, Any]]) -> None:
        self.statuses: Counter[int] = Counter()
        self.versions: Counter[int] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(address, rows), daemon=True)

    def _ask(self, address: str, rows: list[dict[str, Any]]) -> None:
        with httpx.Client(base_url=address, timeout=10.0, trust_env=False) as client:
            for row in itertools.cycle(rows):
                if self._stop.is_set():
                    return
                try:
                    reply = client.post("/predict", json=row)
                    self.statuses[reply.status_code] += 1
                    if reply.is_success:
                        self.versions[reply.json()["version"]] += 1
                except httpx.HTTPError:
                    self.statuses[0] += 1
                self._stop.wait(0.01)

    def __enter__(self) -> Users:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
