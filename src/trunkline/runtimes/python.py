"""The Python runtime's client: a model that lives in a process of its own, so that serving needs no scikit-learn."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from trunkline.core.bundle import Bundle, open_bundle
from trunkline.core.errors import BundleError, UnavailableError
from trunkline.core.record import short
from trunkline.core.surroundings import PERSONAL, SAME, bounded, surroundings
from trunkline.tasks import Answers

from .model import Columns, checked, row_count

LARGEST_MESSAGE = 256 * 1024 * 1024
START_S = 120.0
"""Seconds in which a worker must have loaded the model."""
ROW_S = 0.5
"""Seconds that each further row of a request adds to the time in which it must be answered."""


class PythonModel:
    """A model behind pipes: each message is a length (4 bytes, big-endian) and that much JSON.

    The worker ends when its standard input closes, so it does not outlive a service that was killed. It reads no file
    outside the bundle but what is installed; `hidden` is not even read where it lies in a folder of the system's.
    """

    quick = False

    def __init__(
        self,
        bundle: Bundle,
        *,
        threads: int = 1,
        command: Sequence[str] = (),
        hidden: Path | None = None,
        answer_timeout: float = 60.0,
    ) -> None:
        self._bundle = bundle
        # -P: what lies in the folder that a service happens to be started in is none of the bundle's.
        self._command = list(command) or [
            *(sys.executable, "-I", "-m", "trunkline.training.worker"),
            *(str(bundle.folder.resolve()), bundle.digest),
            *([str(hidden.resolve())] if hidden else []),
        ]  # fmt: skip
        # The model's code is the bundle's: it gets no token of whoever asks it.
        known = {name: value for name, value in surroundings().items() if name not in PERSONAL}
        self._environment = known | SAME | bounded(threads)
        self._answer_timeout = answer_timeout
        self._lock = threading.Lock()
        self._closed = False
        self._worker = self._start()

    @classmethod
    def open(cls, bundle: Bundle, *, threads: int = 1, hidden: Path | None = None) -> PythonModel:
        """Return the model of a bundle, in a process of its own that does not read what is hidden."""
        return cls(bundle, threads=threads, hidden=hidden)

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column; a worker that died is started again once.

        Raises BundleError when the model fails on them, and UnavailableError when the worker does not answer.
        """
        features = self._bundle.contract.features
        rows = row_count(columns, features)
        request = {"columns": {column.name: list(columns[column.name]) for column in features}}
        patience = self._answer_timeout + ROW_S * max(0, rows - 1)
        with self._lock:
            if self._closed:
                raise UnavailableError("The model was closed.")
            if self._worker.ended:
                self._restart()
            try:
                reply = self._worker.ask(request, patience)
            except _Ended:
                self._restart()
                try:
                    reply = self._worker.ask(request, patience)
                except _Ended as error:
                    raise UnavailableError(
                        f"The Python worker of bundle {short(self._bundle.digest)} ended twice on one request."
                    ) from error
        if "error" in reply:
            raise BundleError(f"The model of bundle {short(self._bundle.digest)} failed: {reply['error']}")
        answers = checked(
            f"bundle {short(self._bundle.digest)}",
            self._bundle.contract,
            reply.get("outputs") or (),
            rows,
            classes=self._bundle.manifest.classes,
            decision=self._bundle.manifest.decision,
        )
        return replace(answers, refused=tuple(reply.get("refused") or ()))

    def close(self) -> None:
        """End the worker after the answer it is working on."""
        with self._lock:
            self._closed = True
            self._worker.stop()

    def _restart(self) -> None:
        self._worker.stop()
        # Hours may have passed since the bundle was opened: what is loaded now must still be what was verified.
        open_bundle(self._bundle.folder, digest=self._bundle.digest)
        self._worker = self._start()

    def _start(self) -> _Worker:
        name = short(self._bundle.digest)
        requires = " ".join(self._bundle.manifest.requires) or "'trunkline[train]'"
        advice = f"install what the bundle needs beside the service: {requires}"
        worker = _Worker(self._command, self._environment)
        try:
            hello = worker.receive(START_S)
        except _Ended as error:
            worker.stop()
            raise BundleError(
                f"The Python worker of bundle {name} did not start: {worker.last_words()}", next_step=advice
            ) from error
        except BaseException:
            worker.stop()
            raise
        if "error" in hello or not hello.get("ready"):
            worker.stop()
            outside = (
                f"the model needs {', '.join(hello.get('refused') or ())}, which no bundle sees: put that into a "
                "file of the package and train again; until then, roll back to the version before"
            )
            raise BundleError(
                f"The Python worker of bundle {name} cannot load the model: {hello.get('error')}",
                next_step=outside if hello.get("refused") else advice,
            )
        if tuple(hello.get("classes") or ()) != self._bundle.manifest.classes:
            worker.stop()
            raise BundleError(f"The model of bundle {name} has other classes than its manifest says.")
        return worker


class _Ended(Exception):
    """The worker closed its end of a pipe."""


class _Worker:
    """The process, its pipes, and the last lines it wrote to standard error."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        # A session of its own keeps a terminal's Ctrl-C from ending the worker before the service has drained.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,
        )
        self._said: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def last_words(self) -> str:
        self._listener.join(timeout=2)
        return self._said[-1] if self._said else f"it ended with code {self._process.poll()}"

    def ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        body = json.dumps(request).encode()
        rest = memoryview(struct.pack(">I", len(body)) + body)
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            while rest:
                rest = rest[self._process.stdin.write(rest) :]
        except (OSError, ValueError) as error:
            raise _Ended from error
        return self.receive(timeout)

    def receive(self, timeout: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        (length,) = struct.unpack(">I", self._read(4, deadline))
        if length > LARGEST_MESSAGE:
            self.kill()
            raise BundleError("The Python worker wrote something else than messages to its standard output.")
        try:
            message = json.loads(self._read(length, deadline))
        except ValueError as error:
            self.kill()
            raise BundleError("The Python worker sent a message that is not JSON.") from error
        return message if isinstance(message, dict) else {"error": "its message is not an object"}

    def _read(self, count: int, deadline: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - Popen was given a pipe
        handle = self._process.stdout.fileno()
        poll = select.poll()  # unlike select.select, it takes handles above 1024
        poll.register(handle, select.POLLIN)
        content = b""
        while len(content) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                self.kill()
                raise UnavailableError("The Python worker did not answer in time and was ended.")
            piece = os.read(handle, count - len(content))
            if not piece:
                raise _Ended
            content += piece
        return content

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                if text := line.decode(errors="replace").strip():
                    self._said.append(text[:500])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None:
                self._process.send_signal(number)
            try:
                self._process.wait(timeout=3)
                break
            except subprocess.TimeoutExpired:
                continue
        if self._process.stdout is not None:
            self._process.stdout.close()
