"""An engine, a registry and a machine that is reached over SSH, each real and started once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.service import wait_for

from . import an_engine, insecure


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this machine, where it can start a container."""
    with an_engine() as found:
        yield found


@pytest.fixture(scope="session")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on this machine, and where it answers."""
    program = shutil.which("docker-registry")
    if not program:
        pytest.skip("no docker-registry is installed")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder / 'kept'}}}}}\nhttp: {{addr: '{place}'}}\n"
    )
    (folder / "registries.conf").write_text(insecure(place))

    @retry(stop=stop_after_delay(30), wait=wait_fixed(0.1), retry=retry_if_exception_type(httpx.HTTPError))
    def look() -> None:
        httpx.get(f"http://{place}/v2/", timeout=2, trust_env=False).raise_for_status()

    with (folder / "log").open("w") as log, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_REGISTRIES_CONF", str(folder / "registries.conf"))
        serving = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
        try:
            look()
            yield place
        finally:
            serving.terminate()
            serving.wait(timeout=10)


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class SshMachine:
    """A machine that is reached over SSH: `host` as ssh takes it, its public key, and the folder of its sshd."""

    host: str
    host_key: str
    folder: Path

    def admit(self, line: str) -> None:
        """Put a line into its authorized_keys."""
        with (self.folder / "authorized").open("a") as file:
            file.write(f"{line.strip()}\n")

    def new_key(self, name: str) -> tuple[str, str]:
        """Return a new private key, which nothing admits yet, and its public one."""
        path = self.folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True
        )
        return path.read_text(), path.with_suffix(".pub").read_text().strip()


@pytest.fixture(scope="session")
def ssh_machine(
    engine: Engine, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SshMachine]:
    """A real sshd on loopback, with keys of its own, on a machine that knows the registry."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh") or os.geteuid():
        pytest.skip("no sshd is installed, or it is not root who would start it")
    folder, port = tmp_path_factory.mktemp("sshd"), free_port()
    machine = SshMachine("root@production.test", "", folder)
    private, public = machine.new_key("user")
    _, host_key = machine.new_key("host")
    machine.admit(public)
    # What the tests' engine needs of variables reaches no SSH session by itself.
    handed = " ".join(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith(("CONTAINERS_", "DOCKER_HOST"))
    )
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n{f'SetEnv {handed}' if handed else ''}\n"
    )
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (folder / "ssh_config").write_text(
        f"Host production.test\n  HostName 127.0.0.1\n  Port {port}\n  UserKnownHostsFile {folder}/known\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("w") as log:
        patch.setenv("TRUNKLINE_SSH_CONFIG", str(folder / "ssh_config"))
        patch.setenv("TRUNKLINE_SSH_KEY", private)
        serving = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
        try:
            assert wait_for(lambda: _listens(port) or None, patience=15), (folder / "log").read_text()
            yield SshMachine(machine.host, " ".join(host_key.split()[:2]), folder)
        finally:
            serving.terminate()
            serving.wait(timeout=10)


@pytest.fixture(scope="session")
def ssh_host(ssh_machine: SshMachine) -> str:
    """That machine as ssh takes it."""
    return ssh_machine.host


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
