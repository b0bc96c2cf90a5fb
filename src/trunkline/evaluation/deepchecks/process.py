"""The process in which deepchecks runs: another interpreter, a clean environment, and an end in time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from trunkline.core.errors import NotFoundError
from trunkline.core.surroundings import surroundings

from .suites import NOT_INSTALLED, QUIET

SCRIPT = Path(__file__).with_name("suites.py")
# More processes take longer to start than they save (measured on 1,200 and on 20,000 rows).
SETTINGS = {"MPLBACKEND": "Agg", "LOKY_MAX_CPU_COUNT": "1"}
ADVICE = "run make deepchecks, which makes it, or set gates.deepchecks.python to another one"


def interpreter(path: Path) -> Path:
    """Return the interpreter of deepchecks' environment.

    Raises NotFoundError when there is none.
    """
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise NotFoundError(f"There is no interpreter {path} to run deepchecks with.", next_step=ADVICE)
    return path


def run_suites(python: Path, request: Path, output: Path, *, timeout_s: float, script: Path = SCRIPT) -> str:
    """Run the suites that the request asks for and return what went wrong in words; empty when nothing did.

    None of this process's variables but a few harmless ones reach the other one, so no secret does. When the time is
    up, it and all that it started are killed. Raises NotFoundError when deepchecks is not installed there.
    """
    command = [str(interpreter(python)), "-I", str(script), str(request), str(output)]
    given = surroundings() | QUIET | SETTINGS
    given.pop("PYTHONPATH", None)  # it names this Python's packages
    try:
        process = subprocess.Popen(
            command,
            cwd=output,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise NotFoundError(f"{python} cannot be started: {error.strerror}.", next_step=ADVICE) from error
    try:
        said = process.communicate(timeout=timeout_s)[1]
    except subprocess.TimeoutExpired:
        return f"it had not ended after {timeout_s:g} seconds (gates.deepchecks.timeout_s)"
    finally:
        _end(process)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if process.returncode == NOT_INSTALLED:
        raise NotFoundError(
            f"{python} cannot run deepchecks: {lines[-1] if lines else 'no reason given'}.", next_step=ADVICE
        )
    if process.returncode:
        last = f": {lines[-1][:300]}" if lines else ""
        return f"its process ended with exit code {process.returncode}{last}"
    return ""


def _end(process: subprocess.Popen[str]) -> None:
    """Kill the process with all that it started, whether or not it ended itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr:
        process.stderr.close()
