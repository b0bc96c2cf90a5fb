"""Starting a service: the file that says how, and the process that does what it says."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from trunkline.core.errors import StorageError
from trunkline.core.record import write_atomically
from trunkline.core.surroundings import bounded, surroundings

from .service import Place, Service, words_of

START_FILE = "start"


def write_start(folder: Path, command: Sequence[str], place: Place) -> None:
    """Write how the service of a folder is started, for this machine's systemd as for `launch`: to one port, one way.

    `command` is followed by the folder and the options of `place`.
    """
    words = (*command, *words_of(folder), place.host, "--port", str(place.port), *place.options)
    variables = " ".join(f"{name}={value}" for name, value in bounded(1).items())
    text = (
        "#!/bin/sh\n"
        "# Written by `trunkline deploy`: how what serves here is started, by it and by systemd (`trunkline unit`).\n"
        f'export ORT_DISABLE_TELEMETRY=1 {variables}\nexec {shlex.join(words)} "$@"\n'
    )
    write_atomically(folder / START_FILE, text.encode())


def start_text(engine: str, container: str, proxy: str) -> str:
    """Return how a container and its proxy are started after a reboot; `proxy` holds the lines that start it."""
    return (
        "#!/bin/sh\n# Written by `trunkline deploy`: what systemd runs after a reboot.\n"
        f"{engine} start {shlex.quote(container)}\n{proxy}\n"
    )


def launch(place: Place, *, folder: Path, log: Path) -> Service:
    """Start what `start` in the folder says, apart from this process and its terminal; its output goes to `log`."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            child = subprocess.Popen(
                ["/bin/sh", str(folder / START_FILE)],
                cwd=folder,
                # Without the tokens of whoever deploys, and without RUNNER_TRACKING_ID, by which a GitHub runner finds
                # and ends what a job has left running.
                env=surroundings() | {"ORT_DISABLE_TELEMETRY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise StorageError(
            f"Cannot start the service in {folder}: {error}.", next_step="make the folder writable"
        ) from error
    try:
        born = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:  # it died at once and something reaped it; what waits for it will say so
        born = 0.0
    return Service(**dict(place), pid=child.pid, create_time=born)
