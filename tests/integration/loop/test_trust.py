"""Attacks of somebody who may write refs and registries without review: what main does not name is not opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline import training
from trunkline.core.bundle import Bundle, seal
from trunkline.core.errors import BundleError, NotFoundError
from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.forge import open_forge
from trunkline.loop.gates import runs
from trunkline.loop.model import snapshots
from trunkline.loop.model import training as training_module
from trunkline.loop.release import rehearsing, releasing, tested
from trunkline.loop.rollout import promoting
from trunkline.loop.versions import bringing, bundles, store
from trunkline.loop.versions.trained import Trained, register_trained, remember

from .conftest import copied

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def locked(
    make_project: Callable[[Path], Project], git: Git, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project whose bundles are kept in git, with its data locked on main."""
    project = make_project(tmp_path_factory.mktemp("locked") / "loans")
    path = project.root / "trunkline.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "registry: {kind: git}\n", encoding="utf-8")
    project = Project(project.root)
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Lock the data")
    git(project.root, "push", "--quiet", "origin", "main")
    return project


@pytest.fixture(scope="module")
def trained(locked: Project) -> Project:
    """A machine that has trained what main says."""
    project = copied(locked, locked.root.with_name("trained"))
    training_module.train(project, progress=say)
    return project


@pytest.fixture(scope="module")
def merged(trained: Project) -> tuple[Project, Version]:
    """The same after its version was released, and main names it."""
    project = copied(trained, trained.root.with_name("merged"))
    released = releasing.release(project, progress=say)
    assert released.pull_request is not None
    open_forge(project).merge(released.pull_request.number)
    return project, released.version


@pytest.fixture
def main(locked: Project, tmp_path: Path) -> Project:
    """A copy of the project, with a forge of its own."""
    return copied(locked, tmp_path / "loans")


@pytest.fixture
def released(merged: tuple[Project, Version], main: Project) -> Version:
    """The version that main names, once it was released."""
    shutil.rmtree(main.root)
    copied(merged[0], main.root)
    return merged[1]


@pytest.fixture
def clone(main: Project, git: Git, tmp_path: Path) -> Callable[[str], Project]:
    """Clone the forge's origin to another folder: a runner that knows nothing but what git carries."""

    def make(name: str) -> Project:
        git(tmp_path, "clone", "--quiet", f"file://{main.forge_folder / 'origin.git'}", name)
        git(tmp_path / name, "config", "user.name", "Grace")
        git(tmp_path / name, "config", "user.email", "grace@localhost")
        (tmp_path / name / ".trunkline").mkdir()
        (tmp_path / name / ".trunkline/forge").symlink_to(main.forge_folder)
        return Project(tmp_path / name)

    return make


def forged(project: Project, honest_machine: Project, folder: Path) -> tuple[Bundle, Trained]:
    """Return a bundle that bears main's training key and is not what main trains, as the attacker's machine has it."""
    for path in honest_machine.work.iterdir():
        if path.name != "forge":
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, project.work / path.name)
    honest, trained, fresh = training_module.train(project, progress=say)
    assert not fresh
    shutil.copytree(honest.folder, folder)
    # What it answers is not the point: it stands for any other model and any other code.
    evil = seal(folder, honest.manifest.model_copy(update={"figures": honest.manifest.figures[:1]}))
    shutil.rmtree(project.bundles.path(honest.digest))
    project.bundles.add(evil.folder)
    told = trained.model_copy(update={"bundle": evil.digest, "run": ""})
    remember(project, told)
    return evil, told


def claim(project: Project, bundle: str) -> None:
    """Write that load and deepchecks found nothing wrong with a bundle, under the project's own rules."""
    for name, rules in (
        (runs.LOAD, project.policy.gates.load),
        (runs.DEEPCHECKS, project.policy.gates.deepchecks),
    ):
        said = GateRun(
            bundle=bundle,
            policy=runs.rules_digest(project, rules),
            snapshot="sha256:" + "5" * 64,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            verdicts=(Verdict(gate=f"{name}/all", outcome="pass", reason="as it should"),),
        )
        runs.keep_run(project, name, said)


def attacked(clone: Callable[[str], Project], trained: Project, tmp_path: Path) -> Bundle:
    """Push a forged bundle of main's training key to its ref, and forge verdicts; return the bundle."""
    attacker = clone("attacker")
    evil, told = forged(attacker, trained, tmp_path / "evil")
    claim(attacker, evil.digest)
    register_trained(attacker, evil, told)
    return evil


def test_a_bundle_of_mains_key_that_a_writer_put_into_the_ref_is_not_released(
    main: Project, clone: Callable[[str], Project], trained: Project, tmp_path: Path
) -> None:
    evil = attacked(clone, trained, tmp_path)
    runner = clone("runner")

    registered = releasing.register(runner, progress=say)

    assert registered.judged.bundle.digest != evil.digest
    assert registered.version.bundle == registered.judged.bundle.digest
    assert evil.digest not in runner.bundles


def test_a_pull_request_is_not_judged_on_a_bundle_that_a_writer_put_into_the_ref(
    main: Project, clone: Callable[[str], Project], trained: Project, tmp_path: Path
) -> None:
    evil = attacked(clone, trained, tmp_path)
    runner = clone("runner")

    bundle, _, fresh = training_module.train(runner, progress=say)

    assert fresh
    assert bundle.digest != evil.digest


def test_a_machine_that_trained_a_key_keeps_its_own_bundle_whatever_the_ref_says_of_the_key(
    main: Project, clone: Callable[[str], Project], trained: Project, tmp_path: Path
) -> None:
    own, _, _ = training_module.train(main, progress=say)
    attacked(clone, trained, tmp_path)

    assert training_module.train(main, progress=say)[0].digest == own.digest


def test_verdicts_that_a_writer_put_into_the_ref_are_asked_again(
    released: Version, clone: Callable[[str], Project], git: Git
) -> None:
    attacker = clone("attacker")
    claim(attacker, released.bundle)
    store.convert(attacker, progress=say)
    runner = clone("runner")

    bundle, _ = releasing.take_over(runner, progress=say)

    assert bundle.digest == released.bundle
    assert tested.unasked(runner, bundle.digest) == ["deepchecks", "load"]


def test_what_main_names_is_opened_and_never_trained_again(
    released: Version, clone: Callable[[str], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = clone("runner")
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained what main names"))

    bundle, trained, fresh = training_module.train(runner, progress=say)

    assert (fresh, bundle.digest) == (False, released.bundle)
    assert trained.usage.seconds > 0


def test_what_a_commit_names_is_brought_by_itself_so_that_later_steps_need_no_remote(
    released: Version, clone: Callable[[str], Project], git: Git
) -> None:
    runner = clone("runner")

    brought = dict(bringing.bring_named(runner, progress=say))

    assert brought == {"champion": released.bundle, "version 1": released.bundle}
    git(runner.root, "remote", "remove", "origin")
    champion = bundles.champion_of(runner, progress=say)
    assert champion is not None
    assert champion.digest == training_module.train(runner, progress=say)[0].digest == released.bundle


def test_the_bundle_of_a_named_version_that_was_replaced_in_the_ref_is_not_opened(
    released: Version, clone: Callable[[str], Project], git: Git
) -> None:
    replace_ref(clone("attacker"), released.bundle, git)
    runner = clone("runner")

    with pytest.raises(BundleError, match="not the bundle that was registered"):
        bundles.champion_of(runner, progress=say)

    assert released.bundle not in runner.bundles


def test_a_number_that_main_names_is_not_given_to_another_bundle(
    released: Version, clone: Callable[[str], Project], trained: Project, tmp_path: Path
) -> None:
    attacker = clone("attacker")
    evil, told = forged(attacker, trained, tmp_path / "evil")

    assert register_trained(attacker, evil, told).number == 2

    with pytest.raises(BundleError, match="Version 1"):
        rehearsing.rehearse(clone("staging"), number=1, bundle=evil.digest, progress=say)


def test_a_version_that_main_does_not_name_is_not_proposed_from_the_registry(
    main: Project, clone: Callable[[str], Project], trained: Project, tmp_path: Path
) -> None:
    attacked(clone, trained, tmp_path)

    with pytest.raises(NotFoundError, match="names no version"):
        promoting.propose_next_stage(clone("runner"), "single", progress=say)


def replace_ref(attacker: Project, digest: str, git: Git) -> None:
    """Put another model into the ref of a bundle."""
    ref = f"refs/trunkline/bundles/{digits(digest)}"
    git(attacker.root, "fetch", "--quiet", "origin", f"{ref}:{ref}")
    git(attacker.root, "read-tree", ref)
    (attacker.root / "planted").write_bytes(b"another model")
    blob = git(attacker.root, "hash-object", "-w", "planted")
    git(attacker.root, "update-index", "--cacheinfo", f"100644,{blob},bundle/model.onnx")
    commit = git(attacker.root, "commit-tree", git(attacker.root, "write-tree"), "-m", "Bundle")
    git(attacker.root, "push", "--quiet", "--force", "origin", f"{commit}:{ref}")


def test_staging_does_not_rehearse_a_bundle_that_changed_between_two_jobs(
    main: Project, clone: Callable[[str], Project], git: Git
) -> None:
    expected = releasing.register(main, progress=say).version.bundle
    replace_ref(clone("attacker"), expected, git)
    runner = clone("staging")

    with pytest.raises(BundleError, match=digits(expected)[:12]):
        rehearsing.rehearse(runner, number=1, bundle=expected, progress=say)

    assert not list(runner.bundles.root.glob("*"))


def test_a_release_does_not_propose_another_bundle_than_the_one_that_was_rehearsed(
    main: Project, clone: Callable[[str], Project], trained: Project, tmp_path: Path, git: Git
) -> None:
    registered = releasing.register(main, progress=say)
    packed = tested.pack(main, tmp_path / "evidence")
    evil, _ = forged(clone("attacker"), trained, tmp_path / "evil")
    shutil.rmtree(packed.bundle / "bundle")
    shutil.copytree(evil.folder, packed.bundle / "bundle")
    told = json.loads((packed.bundle / "trained.json").read_text(encoding="utf-8"))
    (packed.bundle / "trained.json").write_text(json.dumps(told | {"bundle": evil.digest}), encoding="utf-8")
    runner = clone("runner")

    with pytest.raises(BundleError, match=digits(registered.version.bundle)[:12]):
        releasing.release(
            runner, evidence=packed.bundle.parent, number=1, bundle=registered.version.bundle, progress=say
        )

    assert evil.digest not in runner.bundles
