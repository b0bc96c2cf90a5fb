"""A project that Trunkline made before bundles had refs of their own upgrades, and goes on with all that it has.

`tests/data/project-7d01331.tar.xz` is the `.trunkline` folder of such a project, made and walked at commit 7d01331:
its forge with the carried store, MLflow's files, two versions, snapshots, prediction log, ground truth and signals.
"""

from __future__ import annotations

import json
import socket
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trunkline.cli.main import run
from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.loop.versions import bundles
from trunkline.loop.versions.named import named_versions

Git = Callable[..., str]
ARCHIVE = Path(__file__).parents[2] / "data/project-7d01331.tar.xz"
UPGRADED = ("trunkline.yaml",)
"""What its user changed too, so that git may ask them about it."""

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("no_pictures")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Iterator[Path]:
    """The project as its user's machine has it, after a move to another folder."""
    root = tmp_path_factory.mktemp("before") / "arrests"
    unpacked = root.parent / "unpacked"
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(unpacked, filter="data")
    git(root.parent, "clone", "--quiet", str(unpacked / "forge/origin.git"), str(root))
    unpacked.rename(root / ".trunkline")
    git(root, "remote", "set-url", "origin", str(root / ".trunkline/forge/origin.git"))
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@localhost")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield root
    trunkline(root, "stop", "production")


def trunkline(root: Path, *words: str) -> int:
    """Run a verb as a user does, and return its exit code."""
    return run(["--project", str(root), *words])


def test_it_upgrades_and_goes_on(
    project: Path, template: Path, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    code = trunkline(project, "upgrade", str(template.parents[1]))
    if code:
        assert code == ForgeError.exit_code, capsys.readouterr()
        conflicts = git(project, "diff", "--name-only", "--diff-filter=U").splitlines()
        assert set(conflicts) <= set(UPGRADED), conflicts
        git(project, "checkout", "--ours", "--", *conflicts)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--no-edit")
    branch = git(project, "branch", "--show-current")
    git(project, "switch", "--quiet", "main")
    git(project, "merge", "--quiet", "--no-ff", "--no-edit", branch)
    git(project, "push", "--quiet", "origin", "main")
    assert trunkline(project, "check") == 0, capsys.readouterr()

    # Its bundles are where they were; one verb brings them to where they are kept now, and again changes nothing.
    opened = Project(project)
    before = {version.bundle for version in named_versions(opened)}
    assert len(before) == 2
    assert trunkline(project, "store", "status") != 0
    assert "trunkline store convert" in capsys.readouterr().err
    (project / ".trunkline/bundles").rename(project / ".trunkline/bundles.away")
    for _ in range(2):
        assert trunkline(project, "store", "convert") == 0, capsys.readouterr()
        assert bundles.registry_of(opened).digests() == before
    assert trunkline(project, "store", "status") == 0
    assert trunkline(project, "store", "bring") == 0, capsys.readouterr()
    uri = bundles.tracking_uri(opened)
    rows = MlflowClient(uri, uri).search_model_versions("name='arrests'")
    assert {row.tags["version"]: row.tags["bundle"] for row in rows} == {
        str(version.number): version.bundle for version in named_versions(opened)
    }
    capsys.readouterr()

    # An old answer is traced to the commit that produced it.
    log = next((project / ".trunkline/predictions/production").glob("*.jsonl"))
    identity = json.loads(log.read_text(encoding="utf-8").splitlines()[0])["id"]
    assert trunkline(project, "trace", identity) == 0
    traced = capsys.readouterr().out
    (first, _) = named_versions(opened)
    assert first.bundle.removeprefix("sha256:")[:12] in traced
    assert "not confirmed" not in traced

    # It serves again.
    state = project / "deployments/production.yaml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = state.read_text(encoding="utf-8")
    state.write_text(text.replace(text.split("port: ")[1].split()[0], str(port)), encoding="utf-8")
    git(project, "commit", "--quiet", "--all", "--message", "Another port")
    git(project, "push", "--quiet", "origin", "main")
    assert trunkline(project, "deploy", "production") == 0, capsys.readouterr()

    # Old answers and outcomes are watched.
    assert trunkline(project, "monitor", "production") == 0, capsys.readouterr()
    watched = capsys.readouterr().out
    assert "performance: " in watched
    assert "300 answers whose outcome is known" in watched

    # It goes back to a version of before, which serves.
    assert trunkline(project, "promote", "--stage", "single", "--version", "1") == 0, capsys.readouterr()
    merge_newest(project, git, capsys)
    assert trunkline(project, "deploy", "production") == 0, capsys.readouterr()
    assert trunkline(project, "status", "production") == 0
    assert "champion:      version 1" in capsys.readouterr().out

    # It releases a new version.
    model = project / "src/arrests/model.py"
    model.write_text(
        model.read_text(encoding="utf-8").replace("max_iter=500", "max_iter=400"), encoding="utf-8"
    )
    git(project, "commit", "--quiet", "--all", "--message", "Fewer iterations")
    git(project, "push", "--quiet", "origin", "main")
    assert trunkline(project, "release") == 0, capsys.readouterr()
    merge_newest(project, git, capsys)
    assert [version.number for version in named_versions(opened)] == [1, 2, 3]
    assert len(bundles.registry_of(opened).digests()) == 3


def merge_newest(project: Path, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    """Merge the newest pull request of the local forge, and pull."""
    number = max(int(path.stem) for path in (project / ".trunkline/forge/pulls").glob("*.json"))
    assert trunkline(project, "pr", "merge", str(number)) == 0, capsys.readouterr()
    git(project, "pull", "--quiet", "--ff-only", "origin", "main")
    capsys.readouterr()
