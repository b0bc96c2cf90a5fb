"""Small sealed bundles, releases of them, and local targets that are stopped after the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from containers import BASE
from trunkline.core.bundle import Bundle, BundleManifest, BundleStore, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release, Route
from trunkline.delivery import Environment, LocalTarget
from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.container import ContainerSettings
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.service import wait_for

from .fake_service import DEADLY, REFUSED

FAKE = Path(__file__).with_name("fake_service.py")
MakeTarget = Callable[..., LocalTarget]
MakeRoute = Callable[[int], Route]
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="k",
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="a",
    settings={},
)


def seal_model(folder: Path, content: bytes) -> Bundle:
    """Return a bundle of a regression over the one column x."""
    folder.mkdir(parents=True)
    columns = (Column(name="x", type="number"), Column(name="y", type="number", role=Role.OUTCOME))
    Contract(name="m", columns=columns).write(folder / "contract.json")
    (folder / "model.onnx").write_bytes(content)
    manifest = BundleManifest(
        name="m", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
    )
    return seal(folder, manifest)


def single(route: Route, revision: str, **keys: object) -> Release:
    """Return a release in which one version answers everyone."""
    body = {
        "environment": "production",
        "revision": revision,
        "strategy": "single",
        "champion": route,
        **keys,
    }
    return Release.model_validate(body)


@pytest.fixture
def bundles(tmp_path: Path) -> BundleStore:
    """A store of bundles, empty."""
    return BundleStore(tmp_path / "bundles")


@pytest.fixture
def route(tmp_path: Path, bundles: BundleStore) -> MakeRoute:
    """Makes the bundle of a version, once a number."""

    def make(number: int) -> Route:
        folder = tmp_path / "sealed" / str(number)
        if not folder.exists():
            bundles.add(seal_model(folder, b"model %d" % number).folder)
        return Route(version=number, bundle=open_digest(folder))

    return make


def open_digest(folder: Path) -> str:
    """Return the digest of a sealed folder."""
    from trunkline.core.bundle import open_bundle

    return open_bundle(folder).digest


@pytest.fixture
def make_target(tmp_path: Path) -> Iterator[MakeTarget]:
    """Makes targets whose service is the fake one; what they started is ended afterwards."""
    made: list[LocalTarget] = []

    def make(
        folder: Path = tmp_path / "live" / "production", *, port: int = 0, **keys: object
    ) -> LocalTarget:
        options: dict[str, object] = {
            "command": (sys.executable, str(FAKE)),
            "patience": 10.0,
            "log_folder": tmp_path / "predictions",
        }
        made.append(LocalTarget(folder, port=port, **(options | keys)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for target in made:
        target.stop()
    left = [
        child for child in psutil.Process(os.getpid()).children() if str(tmp_path) in str(child.cmdline())
    ]
    for child in left:
        child.kill()
    assert not left


CARRIED = (1, 2, 3, REFUSED, DEADLY)
"""The versions in the tests' image."""


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image by digest that serves as `fake_service.py` does, and carries CARRIED."""
    folder = tmp_path_factory.mktemp("image")
    bundles = BundleStore(folder / "bundles")
    digests = [
        bundles.add(seal_model(folder / str(number), b"model %d" % number).folder).digest
        for number in CARRIED
    ]
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nENV PYTHONPATH=/srv/fake\nCOPY fake /srv/fake\nCOPY bundles /srv/release/bundles\n"
        "RUN mkdir -p /srv/log && chown 65532:65532 /srv/log\nUSER 65532:65532\nWORKDIR /srv\n"
    )
    serving = folder / "fake/trunkline/serving"
    serving.mkdir(parents=True)
    for package in (serving, serving.parent):
        (package / "__init__.py").touch()
    shutil.copy(FAKE, serving / "__main__.py")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    labels = {"trunkline.bundles": " ".join(digests)}
    identity = engine.build(folder, "trunkline-target", "one", labels=labels, progress=lambda _: None)
    words = [engine.program, "image", "inspect", "--format", "{{index .RepoDigests 0}}", identity]
    yield subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([engine.program, "rmi", "--force", identity], check=False, capture_output=True)


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


MakeContainers = Callable[..., ContainerTarget]


@pytest.fixture
def make_containers(engine: Engine, tmp_path: Path) -> Iterator[MakeContainers]:
    """Makes container targets of this machine; what they started is ended afterwards."""
    if not shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("no haproxy is installed")
    made: list[ContainerTarget] = []
    port = free_port()

    def make(**keys: object) -> ContainerTarget:
        kind = "podman" if engine.podman else "docker"
        settings = ContainerSettings.model_validate({"engine": kind, "port": port} | keys)
        environment = Environment(
            name="production",
            file="deployments/production.yaml",
            folder=tmp_path / "live/production",
            predictions=tmp_path / "predictions/production",
            locks=tmp_path,
            installed=tmp_path / "installed",
            serving=Serving(),
            project="loans",
        )
        made.append(ContainerTarget(environment, settings, patience=20.0))
        return made[-1]

    yield make
    for target in made[:1]:
        target.stop()


@pytest.fixture(scope="session")
def ssh_host(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A machine that is reached over SSH: a real sshd on loopback, with keys of its own."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh") or os.geteuid():
        pytest.skip("no sshd is installed, or it is not root who would start it")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True)
    port = free_port()
    # What the tests' engine needs of variables reaches no SSH session by itself.
    handed = " ".join(
        f"{name}={value}" for name, value in os.environ.items() if name.startswith("CONTAINERS_")
    )
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n{f'SetEnv {handed}' if handed else ''}\n"
    )
    (folder / "ssh_config").write_text(f"Host production.test\n  HostName 127.0.0.1\n  Port {port}\n")
    Path("/run/sshd").mkdir(exist_ok=True)
    known = f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}"
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("w") as log:
        patch.setenv("TRUNKLINE_SSH_CONFIG", str(folder / "ssh_config"))
        patch.setenv("TRUNKLINE_SSH_KEY", (folder / "user").read_text())
        patch.setenv("TRUNKLINE_SSH_KNOWN_HOSTS", known)
        serving = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
        try:
            assert wait_for(lambda: _listens(port) or None, patience=15), (folder / "log").read_text()
            yield "root@production.test"
        finally:
            serving.terminate()
            serving.wait(timeout=10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
