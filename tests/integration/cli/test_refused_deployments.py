"""`trunkline deploy` and `trunkline serve` refuse what cannot serve: one clear line, its exit code, nothing running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trunkline.core.bundle import BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.project import Project
from trunkline.forge import LocalForge

LINEAGE = Lineage(
    commit="c" * 40,
    snapshot="sha256:" + "1" * 64,
    training_key="sha256:" + "2" * 64,
    code="sha256:" + "3" * 64,
    policy="sha256:" + "4" * 64,
    lock="sha256:" + "5" * 64,
    toolkit="0.1.0",
    candidate="logistic",
    settings={},
)
DEPLOYMENT = """
environment: production
target: {{kind: local, port: {port}}}
strategy: single
champion: {{version: 1, bundle: "{bundle}"}}
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def project(tmp_path: Path, taken: int) -> Project:
    """A committed project whose desired state names a sealed bundle and the taken port."""
    project = Project(tmp_path / "project")
    project.root.mkdir()
    (project.root / "trunkline.yaml").write_text("name: m\npackage: m\n")
    draft = tmp_path / "draft"
    draft.mkdir()
    columns = (Column(name="x", type="number"), Column(name="y", type="number", role=Role.OUTCOME))
    Contract(name="m", columns=columns).write(draft / "contract.json")
    (draft / "model.onnx").write_bytes(b"never loaded: it is refused before")
    manifest = BundleManifest(
        name="m", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
    )
    bundle = project.bundles.add(seal(draft, manifest).folder)
    (project.root / "deployments").mkdir()
    project.deployment("production").write_text(DEPLOYMENT.format(port=taken, bundle=bundle.digest))
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "trunkline.yaml", "deployments"),
        (*identity, "commit", "-qm", "1"),
    ):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    LocalForge.create(project.forge_folder, project.root)
    return project


def trunkline(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb as a shell does."""
    code = "from trunkline.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "--project", str(project.root), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of the error, without the progress that a slow machine shows before it."""
    return [line for line in done.stderr.splitlines() if not line.startswith("  · ")]


def bundle_of(project: Project) -> Path:
    """Return the folder of the one bundle in the project's store."""
    (folder,) = project.bundles.root.iterdir()
    return folder


def test_a_tampered_bundle_is_not_deployed(project: Project) -> None:
    with (bundle_of(project) / "model.onnx").open("ab") as model:
        model.write(b"!")
    done = trunkline(project, "deploy")
    assert done.returncode == 20
    first, *_ = said(done)
    assert first.startswith("error: ")
    assert "model.onnx" in first
    assert "Traceback" not in done.stderr
    assert not (project.live("production") / "release.json").exists()
    assert not (project.live("production") / "service.json").exists()


def test_a_taken_port_is_not_deployed_to(project: Project, taken: int) -> None:
    done = trunkline(project, "deploy")
    assert done.returncode == 30
    first, second, *_ = said(done)
    assert first.startswith(f"error: Port {taken} ")
    assert f"process {os.getpid()}" in first
    assert "target.port in deployments/production.yaml" in second
    assert "trunkline.yaml" not in second
    assert "Traceback" not in done.stderr
    assert not (project.live("production") / "release.json").exists()
    assert trunkline(project, "status").stdout.split() == [
        "environment:",
        "production",
        "health:",
        "not",
        "running",
    ]


@pytest.mark.parametrize("key", ["target", "serving"])
def test_a_host_that_is_none_of_this_machine_is_named_with_the_file_that_sets_it(
    project: Project, key: str
) -> None:
    host, access = "192.0.2.1", "access: {tls: platform, callers: platform}"
    if key == "target":
        state = project.deployment("production")
        state.write_text(state.read_text().replace("port:", f"host: {host}, {access}, port:"))
    else:
        with (project.root / "trunkline.yaml").open("a") as policy:
            policy.write(f"serving: {{host: {host}, {access}}}\n")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    subprocess.run(["git", *identity, "commit", "-qam", "2"], cwd=project.root, check=True)
    subprocess.run(["git", "push", "-q", "origin", "main"], cwd=project.root, check=True)
    done = trunkline(project, "deploy")
    assert done.returncode == 30
    first, second, *_ = said(done)
    assert host in first
    wanted = {
        "target": "target.host in deployments/production.yaml",
        "serving": "serving.host in trunkline.yaml",
    }
    assert wanted[key] in second


def test_a_service_that_everyone_could_reach_is_refused_before_anything_changes(project: Project) -> None:
    state = project.deployment("production")
    state.write_text(state.read_text().replace("port:", "host: 0.0.0.0, port:"))
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    subprocess.run(["git", *identity, "commit", "-qam", "2"], cwd=project.root, check=True)
    subprocess.run(["git", "push", "-q", "origin", "main"], cwd=project.root, check=True)
    for words in (("deploy",), ("plan",), ("plan", "--change")):
        done = trunkline(project, *words)
        assert done.returncode == 10, words
        assert "serving.access" in done.stderr, words
    assert not (project.live("production") / "release.json").exists()


@pytest.mark.parametrize("asked", [True, False])
def test_a_taken_port_is_not_served_at(project: Project, taken: int, asked: bool) -> None:
    words = ("--port", str(taken)) if asked else ()  # not asked, it is the deployment file's
    done = trunkline(project, "serve", "--bundle", bundle_of(project).name, *words)
    assert done.returncode == 30
    assert "Traceback" not in done.stderr
    first, second = said(done)[:2]
    assert first.startswith(f"error: Port {taken} ")
    assert f"process {os.getpid()}" in first
    assert "trunkline serve --port 0" in second
