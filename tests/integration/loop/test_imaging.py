"""What an image carries and how it is asked, with a real service in the container's place.

Real engines are asked in tests/integration/delivery/test_image.py.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from trunkline.cli.main import run
from trunkline.core.bundle import Bundle, BundleStore, open_bundle, seal
from trunkline.core.errors import ApplyError, NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.release import Release, Route
from trunkline.delivery import next_state, read_state, write_state
from trunkline.delivery.engine import Engine
from trunkline.delivery.image import Image
from trunkline.delivery.targets.service import wait_for
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import imaging, materials, tested
from trunkline.loop.release.rehearsing import Rehearsal, ask_service
from trunkline.loop.versions.named import asked_version
from trunkline.loop.versions.trained import register_trained

from .conftest import git, make_project, named_on_main, write

IDENTITY = "sha256:" + "4" * 64
DIGEST = "sha256:" + "3" * 64


def say(_: str) -> None:
    """Keep quiet."""


class Standin:
    """An engine whose containers are processes of this machine, each serving the release of the build context."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.context = Path()
        self.arguments: list[str] = []
        self.pushed: list[str] = []
        self.serves = Path("release")
        self._processes: list[subprocess.Popen[bytes]] = []

    def build(self, context: Path, name: str, tag: str, *, arguments: list[str], **_: object) -> str:
        """Remember what was to be built."""
        self.context, self.arguments = context, arguments
        return IDENTITY

    def size(self, reference: str) -> int:
        """Return nothing worth telling."""
        return 0

    def start(self, reference: str) -> str:
        """Serve what lies in the context."""
        assert reference == IDENTITY
        served = self.home / "served"
        shutil.copytree(self.context / self.serves, served)
        words = [
            *(sys.executable, "-m", "trunkline.serving", str(served), "--port", "0"),
            *("--port-file", str(self.home / "port"), "--log-folder", str(self.home / "log")),
        ]
        with (self.home / "words").open("wb") as stream:
            self._processes.append(subprocess.Popen(words, stdout=stream, stderr=stream))
        return "container"

    def running(self, container: str) -> bool:
        """Whether the process lives."""
        return self._processes[-1].poll() is None

    def address(self, container: str) -> str:
        """Return where it answers."""
        port = self.home / "port"
        assert wait_for(lambda: port.is_file() or not self.running(container) or None, patience=60)
        # Nobody listens on the discard port: it is how a container that ended answers.
        number = port.read_text(encoding="utf-8").strip() if port.is_file() else "9"
        return f"http://127.0.0.1:{number}"

    def words(self, container: str) -> str:
        """Return what it said."""
        return (self.home / "words").read_text(encoding="utf-8")

    def remove(self, container: str) -> bool:
        """End the process."""
        self._processes[-1].kill()
        self._processes[-1].wait(10)
        return True

    def push(self, name: str, tag: str) -> str:
        """Return a digest."""
        self.pushed.append(f"{name}:{tag}")
        return DIGEST

    @property
    def left(self) -> int:
        """How many processes still live."""
        return sum(process.poll() is None for process in self._processes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a Dockerfile whose model is trained and registered; made once, do not change it."""
    project = make_project(tmp_path_factory.mktemp("imaging") / "loans")
    write(project.root / "Dockerfile", "FROM scratch\nCOPY release /srv/release\n")
    write(project.root / ".env", "PASSWORD=planted\n")
    write(project.root / "requirements/__pycache__/left.pyc", "compiled")
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Lock the data")
    bundle, made, _ = training.train(project, progress=say)
    named_on_main(project, register_trained(project, bundle, made), made)
    return project


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """The engine that is found on this machine."""
    standin = Standin(tmp_path)
    monkeypatch.setattr(Engine, "find", lambda: standin)
    yield standin
    assert standin.left == 0


def test_the_context_holds_what_the_image_copies_and_nothing_else(
    trained: Project, engine: Standin, tmp_path: Path
) -> None:
    (tmp_path / "packed/image").mkdir(parents=True)
    write(tmp_path / "packed/image/old.txt", "of the last time")
    image = imaging.build_image(trained, tmp_path / "packed", progress=say)
    context = engine.context
    assert {path.name for path in context.iterdir()} == {"Dockerfile", "requirements", "release"}
    assert {path.name for path in (context / "requirements").iterdir()} == {"train.txt"}
    release = Release.read(context / "release/release.json")
    assert (release.strategy, release.champion.version, release.revision) == ("single", 0, trained.commit())
    (bundle,) = image.bundles
    assert open_bundle(BundleStore(context / "release/bundles").path(bundle), digest=bundle)
    assert engine.arguments == []


def test_an_image_that_answers_as_its_bundle_is_kept_and_not_pushed_unasked(
    trained: Project, engine: Standin, tmp_path: Path
) -> None:
    image = imaging.build_image(trained, tmp_path / "packed", number=1, progress=say)
    assert Image.read(tmp_path / "packed/image.json") == image
    assert (image.name, image.identity, image.digest) == ("loans", IDENTITY, "")
    assert engine.pushed == []


def test_the_verb_pushes_to_the_name_it_is_given_and_hands_the_digest_on(
    trained: Project, engine: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    words = [
        "--project",
        str(trained.root),
        "ci",
        "image",
        "--to",
        str(tmp_path / "packed"),
        "--version",
        "1",
    ]
    assert run([*words, "--push", "ghcr.io/Ada/Loans"]) == 0
    (reference,) = engine.pushed
    assert reference.startswith("ghcr.io/ada/loans:")
    handed = (tmp_path / "output").read_text(encoding="utf-8").splitlines()
    assert handed == [
        "name=ghcr.io/ada/loans",
        f"digest={DIGEST}",
        f"reference=ghcr.io/ada/loans@{DIGEST}",
    ]


def test_the_packed_bundle_is_what_the_image_carries(
    trained: Project, engine: Standin, tmp_path: Path
) -> None:
    packed = tested.pack(trained, tmp_path / "packed")
    manifest = packed.bundle / "bundle/bundle.json"
    body = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(body | {"name": "another"}), encoding="utf-8")
    with pytest.raises(NotFoundError, match="is the bundle of training key"):
        imaging.build_image(trained, tmp_path / "packed", progress=say)
    assert engine.context == Path()


def test_a_python_model_is_built_with_the_libraries_that_it_was_trained_with(
    trained: Project, engine: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, *_ = training.train(trained, progress=say)
    shutil.copytree(made.folder, tmp_path / "draft")
    needs = {"runtime": "python", "requires": ("scikit-learn",)}
    sealed = seal(tmp_path / "draft", made.manifest.model_copy(update=needs))
    bundle = trained.bundles.add(sealed.folder)
    monkeypatch.setattr(imaging, "train", lambda *_, **__: (bundle, None, False))
    # It is no Python model in truth: whether it answers is not the question here.
    monkeypatch.setattr(imaging, "_ask_container", lambda *_, **__: None)
    imaging.build_image(trained, tmp_path / "packed", progress=say)
    assert engine.arguments == ["REQUIREMENTS=train"]
    # Projects from now on lock apart what such a model needs.
    write(trained.root / "requirements/python.txt", "scikit-learn==1.9.1\n")
    imaging.build_image(trained, tmp_path / "again", progress=say)
    assert engine.arguments == ["REQUIREMENTS=python"]


@pytest.mark.parametrize(("runtime", "trains"), [("onnx", False), ("python", True)])
def test_the_sbom_names_what_the_image_has_installed_for_either_runtime(
    trained: Project,
    engine: Standin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    runtime: str,
    trains: bool,
) -> None:
    template = Path(__file__).parents[3] / "template/{{cookiecutter.__slug}}"
    shutil.copytree(trained.root, tmp_path / "loans")
    project = Project(tmp_path / "loans")
    shutil.copytree(template / "requirements", project.root / "requirements", dirs_exist_ok=True)
    made, *_ = training.train(trained, progress=say)
    shutil.copytree(made.folder, tmp_path / "draft")
    needs = {"runtime": runtime, "requires": ("scikit-learn",) if trains else ()}
    sealed = seal(tmp_path / "draft", made.manifest.model_copy(update=needs))
    bundle = project.bundles.add(sealed.folder)
    monkeypatch.setattr(imaging, "train", lambda *_, **__: (bundle, None, False))
    monkeypatch.setattr(imaging, "_ask_container", lambda *_, **__: None)
    imaging.build_image(project, project.root / "packed", progress=say)
    # The line of the Makefile, as `make image` runs it.
    makefile = (template / "Makefile").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\t\$\(BIN\)/(cyclonedx-py .*)$", makefile, re.MULTILINE)
    program, *words = line.split()
    command = [Path(sys.executable).with_name(program), *words]
    subprocess.run(command, cwd=project.root, check=True, capture_output=True)
    for _ in range(2):  # a second time adds nothing
        materials.complete_sbom(project, project.root / "packed")
    written = (project.root / "packed/sbom.json").read_text(encoding="utf-8")
    sbom = json.loads(written)
    if (
        trains
    ):  # The one with more in it; against the schema, which takes `make image` five seconds each time.
        assert (
            JsonStrictValidator(SchemaVersion.from_version(sbom["specVersion"])).validate_str(written) is None
        )
    (model,) = (one for one in sbom["components"] if one["type"] == "machine-learning-model")
    assert model["hashes"] == [{"alg": "SHA-256", "content": digits(bundle.digest)}]
    assert sbom["metadata"]["component"]["type"] == "container"
    assert sbom["compositions"] == [{"aggregate": "incomplete", "assemblies": ["image"]}]
    named = [component["purl"] for component in sbom["components"] if component is not model]
    assert any(purl.startswith("pkg:pypi/fastapi@") for purl in named)
    assert any(purl.startswith("pkg:pypi/scikit-learn@") for purl in named) is trains
    assert not any(purl.startswith("pkg:pypi/mlflow@") for purl in named)
    assert len(named) == len(set(named))


def test_an_image_that_answers_otherwise_than_its_bundle_is_not_pushed(
    trained: Project, engine: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(address: str, bundle: Bundle, rows: pd.DataFrame, *, number: int) -> Rehearsal:
        return dataclasses.replace(ask_service(address, bundle, rows, number=number), wrong=1)

    monkeypatch.setattr(imaging, "ask_service", differs)
    with pytest.raises(ApplyError, match="0 of 50 without an answer, 1 otherwise"):
        imaging.build_image(trained, tmp_path / "packed", push="ghcr.io/ada/loans", progress=say)
    assert engine.pushed == []
    assert not (tmp_path / "packed/image.json").exists()


def test_a_container_that_ends_at_once_says_its_last_words_and_is_not_pushed(
    trained: Project, engine: Standin, tmp_path: Path
) -> None:
    engine.serves = Path("release/bundles")
    with pytest.raises(ApplyError, match=r"ended before it was ready: (.|\n)*release"):
        imaging.build_image(trained, tmp_path / "packed", push="ghcr.io/ada/loans", progress=say)
    assert engine.pushed == []
    assert not (tmp_path / "packed/image.json").exists()


def test_a_project_without_a_dockerfile_says_so(engine: Standin, tmp_path: Path, trained: Project) -> None:
    shutil.copytree(trained.root, tmp_path / "copy")
    (tmp_path / "copy/Dockerfile").unlink()
    with pytest.raises(NotFoundError, match="has no Dockerfile"):
        imaging.build_image(Project(tmp_path / "copy"), tmp_path / "packed", progress=say)


def test_without_an_engine_the_next_step_is_to_install_one(
    trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    git_program = shutil.which("git")
    assert git_program
    (programs / "git").symlink_to(git_program)
    (programs / "docker").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # its daemon does not run
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    words = ["--project", str(trained.root), "ci", "image", "--to", str(tmp_path / "packed")]
    assert run(words) == NotFoundError.exit_code
    said = capsys.readouterr().err
    assert "docker or podman" in said
    assert "install and start one" in said
    assert not (tmp_path / "packed/image.json").exists()


@pytest.fixture
def rowless(trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the project on a machine that has its bundle, but neither its rows nor a source that has them."""
    shutil.copytree(trained.root, tmp_path / "rowless")
    project = Project(tmp_path / "rowless")
    shutil.rmtree(project.snapshots)
    lock = json.loads(project.data_lock.read_text(encoding="utf-8"))
    project.data_lock.write_text(json.dumps(lock | {"sources": {"traffic": 5}}), encoding="utf-8")

    def train(*_: object, **__: object) -> None:
        pytest.fail("trained for an image")

    monkeypatch.setattr(imaging, "train", train)
    return project


def test_a_packed_bundle_needs_no_rows_on_the_machine_that_builds(
    trained: Project, rowless: Project, engine: Standin, tmp_path: Path
) -> None:
    tested.pack(trained, tmp_path / "packed")
    shutil.rmtree(rowless.bundles.root)
    told: list[str] = []
    image = imaging.build_image(rowless, tmp_path / "packed", progress=told.append)
    (bundle,) = image.bundles
    assert bundle in trained.bundles
    assert bundle in rowless.bundles
    assert [line for line in told if line.startswith("it was only asked whether it is ready")]


def test_a_bundle_that_is_asked_for_and_not_packed_gives_no_other(
    trained: Project, engine: Standin, tmp_path: Path
) -> None:
    bundle = asked_version(trained, 1).bundle
    with pytest.raises(NotFoundError) as refused:
        imaging.build_image(trained, tmp_path / "empty", bundle=bundle, progress=say)
    assert "trunkline ci pack" in refused.value.next_step
    assert engine.context == Path()


def test_a_change_of_the_image_alone_carries_the_champions_bundle(
    trained: Project, rowless: Project, engine: Standin, tmp_path: Path
) -> None:
    version = asked_version(trained, 1)
    path = rowless.deployment("production")
    champion = Route(version=1, bundle=version.bundle)
    write_state(path, next_state(read_state(path), "single", challenger=champion))
    write(rowless.root / "Dockerfile", "FROM scratch\nCOPY release /srv/other\n")
    image = imaging.build_image(rowless, tmp_path / "empty", progress=say)
    assert image.bundles == (version.bundle,)
    assert "/srv/other" in (engine.context / "Dockerfile").read_text(encoding="utf-8")
