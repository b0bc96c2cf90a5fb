"""Docker's own engine, started for tests beside what this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trunkline.delivery.targets.service import wait_for

CLIENTS = ("/usr/local/bin/docker", "/usr/bin/docker")
"""Where it lies. Before release 23 the client itself speaks to BuildKit; later ones need their plugin buildx."""
_LAST_WITH_BUILDKIT = 22


@contextmanager
def dockerd(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the variables with which a process finds the daemon; skip, with the reason, where none can be started."""
    program = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or os.geteuid():
        pytest.skip("no dockerd is installed, or it is not root who would start it")
    client = next(filter(_builds, CLIENTS), None)
    if client is None:
        pytest.skip("no client of Docker builds with BuildKit here")
    if not subprocess.run([client, "info"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("Docker runs here already, so that every test of images is one of Docker")
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/docker").symlink_to(client)
    host = f"unix://{folder}/docker.sock"
    words = [program, "--host", host, "--pidfile", f"{folder}/pid", "--config-file", f"{folder}/none.json"]
    words += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    found = {"DOCKER_HOST": host, "PATH": f"{folder}/bin:{os.environ['PATH']}"}

    def answers() -> bool:
        asked = [client, "--host", host, "info"]
        return not subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode

    (folder / "none.json").write_text("{}")
    with (folder / "log").open("w") as log:
        serving = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            if not wait_for(lambda: answers() or serving.poll() is not None or None, patience=60):
                pytest.skip("dockerd does not answer within a minute")
            if serving.poll() is not None:
                pytest.skip(f"dockerd does not start: {(folder / 'log').read_text().strip()[-300:]}")
            # It forbids what others forward, podman among them.
            subprocess.run(["iptables", "-P", "FORWARD", "ACCEPT"], check=False, capture_output=True)
            yield found
        finally:
            serving.terminate()
            serving.wait(timeout=60)
            # Of a container in the machine's own network the daemon leaves a mount behind.
            for line in Path("/proc/mounts").read_text().splitlines():
                place = line.split()[1]
                if place.startswith(f"{folder}/"):
                    subprocess.run(["umount", "--lazy", place], check=True, capture_output=True)


def _builds(client: str) -> bool:
    """Return whether a client builds with BuildKit."""
    if not Path(client).is_file():
        return False
    said = subprocess.run([client, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.partition("version ")[2].partition(".")[0]
    if number.isdigit() and int(number) <= _LAST_WITH_BUILDKIT:
        return True
    return not subprocess.run([client, "buildx", "version"], capture_output=True, check=False).returncode
