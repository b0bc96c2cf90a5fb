"""Small sealed bundles, releases of them, and local targets that are stopped after the test."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cloud import REGION, empty, push, serve_aws
from containers.fixtures import free_port
from trunkline.core.bundle import Bundle, BundleManifest, BundleStore, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release, Route
from trunkline.delivery import Environment, LocalTarget
from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.aws_lambda import LambdaSettings
from trunkline.delivery.targets.container import ContainerSettings
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.ec2 import Ec2Settings
from trunkline.delivery.targets.ec2_target import Ec2Target
from trunkline.delivery.targets.ecs import EcsSettings
from trunkline.delivery.targets.ecs_target import EcsTarget
from trunkline.delivery.targets.lambda_target import LambdaTarget
from trunkline.delivery.targets.sagemaker import SageMakerSettings
from trunkline.delivery.targets.sagemaker_target import SageMakerTarget

from .aws_account import REPOSITORY, Cloud, clients_of
from .fake_image import FAKE, fake_image
from .fake_service import DEADLY, REFUSED, SLOW

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
def image(engine: Engine, registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image by digest that serves as `fake_service.py` does, and carries CARRIED."""
    folder = tmp_path_factory.mktemp("image")
    bundles = BundleStore(folder / "bundles")
    digests = [
        bundles.add(seal_model(folder / str(number), b"model %d" % number).folder).digest
        for number in CARRIED
    ]
    with fake_image(engine, registry, folder, digests) as made:
        yield made


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
            secret=tmp_path / "secrets/production",
            project="loans",
        )
        made.append(ContainerTarget(environment, settings, patience=20.0))
        return made[-1]

    yield make
    for target in made[:1]:
        target.stop()


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """AWS' stand-in."""
    images = tmp_path_factory.mktemp("aws") / "images"
    with serve_aws(images) as server:
        yield Cloud(server, images, clients_of(server))


@pytest.fixture
def cloud(aws: Cloud) -> Iterator[Cloud]:
    """An empty account of AWS."""
    aws.asked.clear()
    yield aws
    empty(aws.server)


@pytest.fixture
def keyed_environment(tmp_path: Path) -> Environment:
    """An environment whose service asks for keys."""
    return Environment(
        name="production",
        file="deployments/production.yaml",
        folder=tmp_path / "live/production",
        predictions=tmp_path / "predictions/production",
        locks=tmp_path,
        installed=tmp_path / "installed",
        serving=Serving(access=Access(tls="platform", callers="keys")),
        secret=tmp_path / "secrets/production",
        project="loans",
        repository=lambda: "first",
    )


@pytest.fixture(scope="session")
def carried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """The folder of the bundles CARRIED and one that never becomes ready, and their digests."""
    folder = tmp_path_factory.mktemp("carried")
    store = BundleStore(folder / "bundles")
    made = [
        store.add(seal_model(folder / str(one), b"model %d" % one).folder).digest for one in (*CARRIED, SLOW)
    ]
    return folder / "bundles", tuple(made)


@pytest.fixture
def cloud_image(cloud: Cloud, carried: tuple[Path, tuple[str, ...]]) -> Callable[[], str]:
    """Pushes an image that serves as `fake_service.py` does, once its repository is there."""
    return lambda: push(cloud.clients, cloud.images, REPOSITORY, *carried, serves=str(FAKE))


OnAws = EcsTarget | Ec2Target | LambdaTarget | SageMakerTarget
MakeAws = Callable[..., OnAws]


@pytest.fixture
def on_aws(cloud: Cloud, keyed_environment: Environment, tmp_path: Path) -> MakeAws:
    """Makes targets of a kind on AWS, whose foundation is there from the first one on."""
    certificate = cloud.certificate(tmp_path)
    made: list[str] = []

    def make(kind: str, *, patience: float = 60.0, last: str = "", **keys: object) -> OnAws:
        if not made:
            made.append(kind)
            cloud.found(kind, keyed_environment, {"Certificate": certificate})
        common = {"region": REGION, "domain": "loans.example.org", "certificate": certificate} | keys
        account = cloud.account(last)
        where = {"region": REGION} | keys
        if kind == "lambda":
            function = LambdaSettings.model_validate(where)
            return LambdaTarget(keyed_environment, function, account, patience=patience, every=0.1)
        if kind == "sagemaker":
            endpoint = SageMakerSettings.model_validate(where)
            return SageMakerTarget(keyed_environment, endpoint, account, patience=patience, every=0.1)
        if kind == "ec2":
            machines = Ec2Settings.model_validate(common)
            return Ec2Target(keyed_environment, machines, account, patience=patience, every=0.3)
        return EcsTarget(
            keyed_environment, EcsSettings.model_validate(common), account, patience=patience, every=0.3
        )

    return make
