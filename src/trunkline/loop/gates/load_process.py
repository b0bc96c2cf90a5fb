"""Locust as a process: started with the project's locustfile and our recorder, waited for, and never left behind."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from trunkline.core.errors import NotFoundError, ProjectError
from trunkline.core.keys import KEY_OF
from trunkline.core.policy.gates import LoadGates
from trunkline.core.surroundings import surroundings

from .load_arrivals import LoadOrder, Recording

ORDER_VARIABLE = "TRUNKLINE_LOAD_ORDER"
RECORDER = Path(__file__).with_name("load_recorder.py")
PATIENCE_S = 10.0
"""How long after the end answers are waited for; what comes later counts as never answered."""
START_S = 120.0
"""How long locust may take to start, on a busy machine and with a heavy project."""
USER_S = 2.0
"""Answers that take up to this long hold up no request behind them: there are users enough."""
FEWEST_USERS, MOST_USERS = 10, 2000


def require_locust(root: Path, rules: LoadGates) -> Path:
    """Return the project's locustfile.

    Raises NotFoundError when it is not there, or locust is not installed.
    """
    if importlib.util.find_spec("locust") is None:
        raise NotFoundError(
            "locust is not installed beside Trunkline, so no load can be put on.",
            next_step="run make setup (locust is a requirement of requirements/dev.in), or pip install 'locust>=2.40'",
        )
    path = root / rules.locustfile
    if not path.is_file():
        raise NotFoundError(
            f"There is no locustfile {rules.locustfile}.",
            next_step="write it, or correct gates.load.locustfile in trunkline.yaml",
        )
    return path


def put_load(locustfile: Path, address: str, rules: LoadGates, *, root: Path, folder: Path) -> Recording:
    """Have locust put the policy's load on a service and return what came of it; `folder` gets its working files.

    Raises ProjectError when the locustfile cannot be run or does not end.
    """
    order = LoadOrder(
        rate=rules.rate,
        warm_up_s=rules.warm_up_s,
        seconds=rules.seconds,
        patience_s=PATIENCE_S,
        users=min(max(math.ceil(rules.rate * USER_S), FEWEST_USERS), MOST_USERS),
        recording=str(folder / "recording.json"),
    )
    order.write(folder / "order.json")
    log = folder / "locust.log"
    command = [
        *(
            sys.executable,
            "-m",
            "locust",
            "--locustfile",
            f"{locustfile},{RECORDER}",
            "--headless",
            "--only-summary",
        ),
        *("--users", str(order.users), "--spawn-rate", str(order.users), "--exit-code-on-error", "0"),
    ]
    # The locustfile is the project's code, and gets no token but the key that asks for answers. A setting of the
    # caller's locust (another master, a run time) would put on another load than the one asked for.
    environment = surroundings(KEY_OF["predict"]) | {
        "LOCUST_HOST": address,
        ORDER_VARIABLE: str(folder / "order.json"),
    }
    patience = START_S + order.warm_up_s + order.seconds + 2 * PATIENCE_S
    with log.open("wb") as stream:
        # In a session of its own: a terminal's Ctrl-C reaches this process alone, and it ends the other.
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise _broken(locustfile, f"locust was not done after {patience:g} s", address) from error
        finally:
            _end(process)
    if code or not Path(order.recording).is_file():
        raise _broken(locustfile, _last_line(log) or f"locust ended with code {code}", address)
    return Recording.read(Path(order.recording))


@contextlib.contextmanager
def interrupted_once() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into KeyboardInterrupt and pass over later ones, so that clearing up is done."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set handlers
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)

    def interrupt(_: int, __: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End locust and whatever its locustfile has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None and number is signal.SIGTERM:
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


def _broken(locustfile: Path, why: str, address: str) -> ProjectError:
    return ProjectError(
        f"The locustfile {locustfile.name} does not work: {why.rstrip('.')}.",
        next_step=f"edit {locustfile}; LOCUST_HOST={address} locust --locustfile {locustfile} runs it by hand",
    )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")
