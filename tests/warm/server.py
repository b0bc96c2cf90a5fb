"""Import what verbs import, then fork a child for each call that comes over a socket: `server.py PYTHON SOCKET`.

PYTHON is what children take for their interpreter, SOCKET the number of the open, listening socket.
It ends when its standard input does. It has one thread, holds nothing of ours, and draws no number before it forks.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import random
import runpy
import select
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any

# fmt: off
LIBRARIES = [
    "numpy", "pandas", "pyarrow.parquet", "pandera.pandas", "scipy.stats", "scipy.optimize",
    "sklearn.ensemble", "sklearn.linear_model", "sklearn.compose", "sklearn.pipeline", "sklearn.impute",
    "sklearn.model_selection", "sklearn.calibration", "sklearn.dummy", "sklearn.isotonic",
    "sklearn.inspection", "skl2onnx", "onnx", "onnxruntime", "skops.io", "matplotlib.figure",
    "matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg", "mlflow",
    "mlflow.store.tracking.sqlalchemy_store", "alembic.command", "fastapi", "pydantic", "httpx", "click",
    "rich", "jinja2", "cookiecutter.cli", "ruamel.yaml", "filelock", "psutil", "tenacity", "ruptures", "duckdb",
]
# fmt: on
ANY = {
    *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "OMP_WAIT_POLICY", "ORT_DISABLE_TELEMETRY"),
    *("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
}
READ_WHEN_IMPORTED = ("PYTHON", "LC_", "LANG", "LD_", "MPL", "OMP_", "OPENBLAS", "MKL_", "JOBLIB_", "TZ")
SAME = {("OMP_NUM_THREADS", "1"), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")}
"""What the server has too, by these names or by others."""
OWN, CALLERS = 300, 600
"""From where on the numbers of the server's own open files are, and those of a caller until they get theirs."""


@dataclass(frozen=True)
class Call:
    """One caller: where its end of the socket is, and what it sent."""

    line: int
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    files: dict[int, int]
    """The number that an open file has at the caller's, and the one that it has here."""


def early(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables that libraries read while they are imported."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(READ_WHEN_IMPORTED) and name not in ANY and (name, value) not in SAME
    }


def take(listener: socket.socket) -> Call | None:
    """Return the next call, or nothing where the caller went away meanwhile."""
    caller, _ = listener.accept()
    with caller:
        size, files, _, _ = socket.recv_fds(caller, 4, 64)
        text = b""
        while len(size) == 4 and len(text) < int.from_bytes(size, "big"):
            part = caller.recv(1 << 20)
            if not part:
                break
            text += part
        try:
            sent: dict[str, Any] = json.loads(text)
        except ValueError:
            return None
        line = fcntl.fcntl(caller.fileno(), fcntl.F_DUPFD_CLOEXEC, OWN)
    numbers = sent.pop("files")
    kept = {
        number: fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, CALLERS)
        for number, file in zip(numbers, files, strict=True)
    }
    for file in files:
        os.close(file)
    return Call(line=line, files=kept, **sent)


def become(call: Call, program: str, added: dict[str, str]) -> None:
    """Be what was called, from here on; `added` is what libraries put into the environment when they are imported."""
    os.setsid()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.closerange(3, CALLERS)
    for number, file in call.files.items():
        os.dup2(file, number)
    os.closerange(CALLERS, 1024)
    os.environ.clear()
    os.environ.update(added | call.environment)
    os.chdir(call.folder)
    os.umask(call.umask)
    sys.executable = program
    sys.orig_argv = [program, *call.arguments]
    sys.dont_write_bytecode = bool(call.environment.get("PYTHONDONTWRITEBYTECODE"))
    if call.environment.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    sys.modules["numpy"].random.seed()
    random.seed()
    time.tzset()
    isolated = call.arguments[0] == "-I"
    arguments = call.arguments[isolated:]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        if not isolated:
            sys.path.insert(0, call.folder)
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = call.arguments
        sys.path.insert(0, os.path.dirname(call.arguments[0]))  # noqa: PTH120
        runpy.run_path(call.arguments[0], run_name="__main__")


def serve(listener: socket.socket, own: dict[str, str]) -> Call | None:
    """Fork for each call; return the call in the child, and nothing when the standard input ends."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(listener, select.POLLIN)
    lines: dict[int, tuple[int, int]] = {}
    ends: dict[int, int] = {}
    while True:
        for file, _ in poll.poll():
            if file == 0:
                return None
            if file == listener.fileno():
                call = take(listener)
                if call is None:
                    continue
                process = -1
                if early(call.environment) != own:
                    os.write(call.line, b"c")
                elif (process := os.fork()) == 0:
                    return call
                for each in call.files.values():
                    os.close(each)
                if process < 0:
                    os.close(call.line)
                    continue
                with contextlib.suppress(OSError):
                    os.write(call.line, b"w")
                opened = os.pidfd_open(process)
                end = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, OWN)
                os.close(opened)
                lines[call.line], ends[end] = (process, end), call.line
                poll.register(call.line, select.POLLIN)
                poll.register(end, select.POLLIN)
            elif file in ends:
                line = ends.pop(file)
                process, _ = lines.pop(line)
                code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                with contextlib.suppress(OSError):
                    os.write(line, code.to_bytes(2, "big", signed=True))
                for each in (line, file):
                    # The line of a caller that was killed is no longer listened to.
                    with contextlib.suppress(KeyError):
                        poll.unregister(each)
                    os.close(each)
            elif file in lines:
                # A caller that was killed takes its child with it.
                try:
                    signals = os.read(file, 16) or bytes([signal.SIGKILL])
                except OSError:
                    signals = bytes([signal.SIGKILL])
                for number in signals:
                    os.kill(lines[file][0], number)
                if signal.SIGKILL in signals:
                    poll.unregister(file)


def main() -> None:
    """Import, listen, fork."""
    program, number = sys.argv[1:]
    sys.path.pop(0)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(fileno=fcntl.fcntl(int(number), fcntl.F_DUPFD_CLOEXEC, OWN))
    os.close(int(number))
    before = dict(os.environ)
    for each in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(each)
    gc.collect()
    gc.freeze()
    if call := serve(listener, early(before)):
        listener.detach()
        become(call, program, {name: value for name, value in os.environ.items() if name not in before})
    else:
        shutil.rmtree(os.path.dirname(program))  # noqa: PTH120


main()
