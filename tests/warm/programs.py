"""The folder of programs: those of the environment that runs the tests, two of which start warm."""

from __future__ import annotations

import functools
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
WARM = ("python", "trunkline")
LEFT_OUT = ("PYTHON", "LC_", "MPL", "OMP_", "MLFLOW_", "TRUNKLINE_", "GITHUB_")
QUIET = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}
"""Threads that spin while they wait take the cores from the tests beside them: four trees took minutes, not seconds."""
_started: list[subprocess.Popen[bytes]] = []
"""Kept, for the server ends when its standard input does, and that is when nothing holds it any more."""


@functools.cache
def programs(
    real: Path = Path(sys.executable).parent, early: frozenset[tuple[str, str]] = frozenset()
) -> Path:
    """Return a folder with `python` and `trunkline` that start warm, and the environment's other programs as they are.

    `real` is the folder of an environment's programs, by default of the one that runs the tests. `early` are variables
    that libraries read while they are imported, for callers who have them.
    The server ends with this process. Where the system is not Linux 5.3 or newer the folder is the environment's own.
    """
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return real
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    left_out = (*LEFT_OUT, "LANG") if early else LEFT_OUT
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(64)
        command: list[str | Path] = [
            real / "python",
            HERE / "server.py",
            folder / "python",
            str(listener.fileno()),
        ]
        _started.append(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                env=environment | QUIET | dict(early),
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        )
    for program in real.iterdir():
        if program.name in WARM:
            # A shell would set PWD anew, by which a hook of cookiecutter's knows where its user stood.
            words, client = (
                ["client.py", str(real), f"{folder}/socket", program.name],
                str(HERE / "client.py"),
            )
            text = f"import runpy, sys\nsys.argv[:1] = {words!r}\nrunpy.run_path({client!r}, run_name='__main__')\n"
            (folder / program.name).write_text(f"#!{real}/python -IS\n{text}", encoding="utf-8")
            (folder / program.name).chmod(0o755)
        elif not program.name.startswith("python"):
            (folder / program.name).symlink_to(program)
    return folder


def end() -> None:
    """End the servers, after the last test."""
    while _started:
        server = _started.pop()
        server.communicate(timeout=30)
