"""The store that travels: a release on one machine is known on another, and two releases at once lose nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from trunkline.cli.main import cli, run
from trunkline.core.errors import NotFoundError, StorageError, UnavailableError
from trunkline.core.project import Project
from trunkline.forge import open_forge
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import releasing
from trunkline.loop.versions import bundles
from trunkline.loop.versions import store as carrying
from trunkline.loop.versions.trained import register_trained
from trunkline.registry import REF

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin as a process does: with no store brought, and no server."""
    monkeypatch.setattr(carrying, "_brought", set())
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def here(project: Project, git: Git) -> Project:
    """A project whose store travels, with its data locked on main."""
    path = project.root / "trunkline.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "registry: {carry: always}\n", encoding="utf-8")
    project = Project(project.root)
    snapshots.snapshot(project, progress=say)
    commit(project, git, "Lock the data")
    return project


@pytest.fixture
def clone(here: Project, git: Git, tmp_path: Path) -> Callable[[str], Project]:
    """Clone the forge's origin to another folder: another machine, with nothing but what git carries."""

    def make(name: str) -> Project:
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{here.forge_folder / 'origin.git'}", name)
        git(tmp_path / name, "config", "user.name", "Grace")
        git(tmp_path / name, "config", "user.email", "grace@localhost")
        return Project(tmp_path / name)

    return make


def commit(project: Project, git: Git, message: str) -> None:
    """Commit everything on main and push it."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    git(project.root, "push", "--quiet", "origin", "main")


def register(project: Project) -> int:
    """Train and register, without the gates, and return the version's number."""
    bundle, trained, _ = training.train(project, progress=say)
    return register_trained(project, bundle, trained, progress=say).number


def another_model(project: Project, git: Git) -> None:
    """Change the model on main, so that it has another training key."""
    path = project.root / "src/loans/model.py"
    path.write_text(path.read_text(encoding="utf-8").replace("0.1, 1.0", "0.5, 2.0"), encoding="utf-8")
    commit(project, git, "Another search")


def test_what_one_machine_released_another_knows_and_never_trains(
    here: Project, clone: Callable[[str], Project]
) -> None:
    released = releasing.release(here, progress=say)
    assert released.pull_request is not None
    open_forge(here).merge(released.pull_request.number)
    there = clone("there")

    bundle, trained, fresh = training.train(there, progress=say)

    assert not fresh
    assert bundle.digest == released.judged.bundle.digest
    registry = bundles.brought_registry(there, progress=say)
    assert [version.number for version in registry.versions()] == [1]
    (version,) = registry.versions()
    table = there.work / "mlartifacts" / version.run / "artifacts/trials.json"
    assert "logistic" in table.read_text(encoding="utf-8")
    assert trained.usage.seconds > 0
    rows = [path for path in there.work.rglob("*.parquet") if "snapshots" not in path.parts]
    assert rows == []

    # A third machine knows no version yet; the advice that it gets is followed.
    third = clone("third")
    with pytest.raises(NotFoundError) as caught:
        bundles.registry_of(third).by_bundle(bundle.digest)
    assert "trunkline bring" in caught.value.next_step
    assert run(["--project", str(third.root), "bring"]) == 0
    assert bundles.registry_of(third).by_bundle(bundle.digest).number == 1


def test_two_releases_at_once_become_two_versions_on_both_machines(
    here: Project, clone: Callable[[str], Project], git: Git
) -> None:
    first, _, _ = training.train(here, progress=say)
    there = clone("there")
    another_model(there, git)
    second, trained, _ = training.train(there, progress=say)
    calls: list[int] = []
    pauses: list[float] = []

    def act() -> int:
        if not calls:  # while this machine registers, the other one is through
            assert register_trained(there, second, trained, progress=say).number == 1
        calls.append(1)
        return bundles.registry_of(here).register(first).number

    assert carrying.with_store(here, act, progress=say, pause=pauses.append) == 2

    assert len(calls) == 2
    assert len(pauses) == 1
    carrying.pull(there)
    for project in (here, there):
        known = bundles.registry_of(project).versions()
        assert [(version.number, version.bundle) for version in known] == [
            (1, second.digest),
            (2, first.digest),
        ]


def test_who_is_overtaken_five_times_loses_nothing(here: Project, clone: Callable[[str], Project]) -> None:
    bundle, trained, _ = training.train(here, progress=say)
    there = clone("there")
    register_trained(there, bundle, trained, progress=say)
    pauses: list[float] = []

    def act() -> int:
        number = bundles.registry_of(here).register(bundle, run=trained.run).number
        carrying.with_store(there, lambda: note(there, len(pauses)), progress=say)
        return number

    with pytest.raises(UnavailableError, match="5 attempts"):
        carrying.with_store(here, act, progress=say, pause=pauses.append)
    assert len(pauses) == 4

    assert register_trained(here, bundle, trained, progress=say).number == 1


def note(project: Project, number: int) -> None:
    """Write something into the store that makes it another one."""
    store = sqlite3.connect(project.work / "mlflow.db")
    with store:
        store.execute("UPDATE registered_models SET description = ?", (str(number),))
    store.close()


def test_a_release_that_was_killed_before_it_carried_is_completed_by_the_next(
    here: Project, git: Git
) -> None:
    class Killed(BaseException):
        pass

    bundle, trained, _ = training.train(here, progress=say)
    registry = bundles.registry_of(here)

    def killed_after_registering() -> None:
        registry.register(bundle, run=trained.run)
        raise Killed

    with pytest.raises(Killed):
        carrying.with_store(here, killed_after_registering, progress=say)
    assert REF not in git(here.root, "ls-remote", "origin")

    assert register_trained(here, bundle, trained, progress=say).number == 1
    assert REF in git(here.root, "ls-remote", "origin")
    assert len(registry.versions()) == 1


def test_a_laptop_that_released_before_and_a_carried_store_are_never_mixed(
    here: Project, clone: Callable[[str], Project], git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop = clone("laptop")
    mine, trained, _ = training.train(laptop, progress=say)
    bundles.registry_of(laptop).register(mine)
    another_model(here, git)
    register(here)

    with pytest.raises(StorageError, match=r"loans version 1 \([0-9a-f]{12}\)"):
        register_trained(laptop, mine, trained, progress=say)
    assert run(["--project", str(laptop.root), "store", "status"]) == 0
    assert "not there" in capsys.readouterr().out
    assert run(["--project", str(laptop.root), "store", "push"]) == StorageError.exit_code
    assert run(["--project", str(laptop.root), "store", "pull", "--replace"]) == 0

    assert register_trained(laptop, mine, trained, progress=say).number == 2


def test_a_remote_that_does_not_answer_does_not_keep_anybody_from_training(
    here: Project, clone: Callable[[str], Project], git: Git
) -> None:
    released = releasing.release(here, progress=say)
    assert released.pull_request is not None
    open_forge(here).merge(released.pull_request.number)
    there = clone("there")
    git(there.root, "remote", "set-url", "origin", str(here.root / "gone.git"))
    said: list[str] = []

    _, _, fresh = training.train(there, progress=said.append)

    assert fresh
    assert [line for line in said if line.startswith("going on with the store on this machine")]
    with pytest.raises(UnavailableError):
        carrying.bring(there, progress=say)


def test_the_verbs_say_where_a_store_does_not_travel(project: Project) -> None:
    done = CliRunner().invoke(cli, ["--project", str(project.root), "store", "pull"])

    assert "does not travel" in str(done.exception)


def test_a_store_travels_by_itself_where_the_forge_has_a_host(project: Project, git: Git) -> None:
    at_home = carrying.carried(project)
    git(project.root, "remote", "set-url", "origin", "https://github.com/owner/name")

    assert not at_home
    assert carrying.carried(project)


def test_a_first_day_has_an_empty_store(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("pull", "push", "status"):
        assert run(["--project", str(here.root), "store", verb]) == 0
    assert "none yet" in capsys.readouterr().out
