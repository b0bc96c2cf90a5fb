"""A bundle that one run tested, taken over by another: packed, verified, and never trained twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline import training
from trunkline.cli.main import run
from trunkline.core.bundle import seal
from trunkline.core.errors import BundleError, NotFoundError, StorageError, TrunklineError
from trunkline.core.lineage import DIRTY
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.forge import LocalForge
from trunkline.loop.gates import judging, runs
from trunkline.loop.model import snapshots
from trunkline.loop.model import training as training_module
from trunkline.loop.release import releasing, tested
from trunkline.loop.versions.trained import Trained, recall, remember

from .conftest import git, make_project

OTHER = "sha256:" + "7" * 64


def say(_: str) -> None:
    """Keep quiet."""


class Keeping(LocalForge):
    """The local forge with what GitHub's has besides: the bundle that a pull request's run kept."""

    def __init__(self, folder: Path, kept: Path) -> None:
        super().__init__(folder)
        self.kept = kept
        self.asked: list[tuple[str, str]] = []

    def tested_bundle(self, commit: str, training_key: str, folder: Path, *, fork: bool = False) -> bool:
        """Hand out the bundle that is kept, as GitHub's forge unpacks an artifact."""
        if fork:
            return False
        self.asked.append((commit, training_key))
        shutil.copytree(self.kept, folder, dirs_exist_ok=True)
        return True


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, tested.Packed]:
    """A project on main whose bundle was trained, judged and packed; made once, do not change it."""
    folder = tmp_path_factory.mktemp("tested")
    project = locked_project(folder / "loans")
    bundle, _, _ = training_module.train(project, progress=say)
    keep(project, bundle.digest)
    judging.judge(project, bundle, progress=say)
    return project, tested.pack(project, folder / "packed")


def locked_project(root: Path) -> Project:
    """Make a project whose data is locked on main."""
    project = make_project(root)
    snapshots.snapshot(project, progress=say)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Lock the data")
    git(root, "push", "--quiet", "origin", "main")
    return project


def keep(project: Project, bundle: str) -> None:
    """Keep runs of load and deepchecks that passed."""
    gates = project.policy.gates
    for name, rules in ((runs.LOAD, gates.load), (runs.DEEPCHECKS, gates.deepchecks)):
        said = GateRun(
            bundle=bundle,
            policy=runs.rules_digest(project, rules),
            snapshot="sha256:" + "5" * 64,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            verdicts=(Verdict(gate=f"{name}/all", outcome="pass", reason="as it should"),),
        )
        runs.keep_run(project, name, said)
    page = runs.run_folder(project, bundle) / runs.DEEPCHECKS / "model-evaluation.html"
    page.parent.mkdir()
    page.write_text("<p>deepchecks</p>", encoding="utf-8")


@pytest.fixture
def packed(first: tuple[Project, tested.Packed], tmp_path: Path) -> Path:
    """A copy of what was packed, to be spoilt."""
    shutil.copytree(first[1].bundle, tmp_path / "artifact")
    return tmp_path / "artifact"


@pytest.fixture
def elsewhere(first: tuple[Project, tested.Packed], tmp_path: Path) -> Project:
    """The same commit on a machine where nothing was trained."""
    root = tmp_path / "elsewhere"
    shutil.copytree(first[0].root, root)
    project = Project(root)
    for folder in (project.bundles.root, project.keys, project.evaluations):
        shutil.rmtree(folder)
    return project


@pytest.fixture
def key(first: tuple[Project, tested.Packed]) -> str:
    """The training key of the commit."""
    return tested.training_key(first[0])


def kept(project: Project) -> list[str]:
    """Return the files that a project's machine has of bundles, keys and gates."""
    places = (project.bundles.root, project.keys, project.evaluations)
    return sorted(str(path) for place in places for path in place.rglob("*") if path.is_file())


@pytest.fixture
def never_train(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail where something is trained."""

    def train(*_: object, **__: object) -> None:
        pytest.fail("trained, though a tested bundle was there")

    monkeypatch.setattr(training, "train", train)


def test_what_is_packed_is_the_bundle_what_gates_said_and_the_reports(
    first: tuple[Project, tested.Packed], key: str
) -> None:
    project, made = first
    assert made.artifact == tested.artifact_name(key)
    assert {path.name for path in made.bundle.iterdir()} == {
        "bundle",
        "trained.json",
        "deepchecks.json",
        "load.json",
    }
    assert {path.relative_to(made.report).as_posix() for path in made.report.rglob("*.*")} == {
        "report.md",
        "report.html",
        "junit.xml",
        "deepchecks/model-evaluation.html",
    }
    trained = Trained.read(made.bundle / "trained.json")
    assert (trained.key, trained.bundle in project.bundles, trained.run) == (key, True, "")


def test_packing_again_leaves_nothing_of_the_last_time(
    first: tuple[Project, tested.Packed], tmp_path: Path
) -> None:
    for name in ("bundle", "report"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old.txt").write_text("old", encoding="utf-8")
    (tmp_path / "plan.md").write_text("of another step", encoding="utf-8")
    tested.pack(first[0], tmp_path)
    assert not list(tmp_path.rglob("old.txt"))
    assert (tmp_path / "plan.md").is_file()


def test_a_key_that_was_not_trained_cannot_be_packed(elsewhere: Project, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="gave no bundle on this machine yet") as caught:
        tested.pack(elsewhere, tmp_path / "packed")
    assert caught.value.next_step == "trunkline train"
    assert not (tmp_path / "packed").exists()


def test_a_key_whose_bundle_is_gone_cannot_be_packed(
    first: tuple[Project, tested.Packed], elsewhere: Project, tmp_path: Path
) -> None:
    shutil.copytree(first[0].keys, elsewhere.keys)
    with pytest.raises(NotFoundError, match="gave no bundle on this machine yet"):
        tested.pack(elsewhere, tmp_path / "packed")


@pytest.mark.usefixtures("never_train")
def test_an_adopted_bundle_is_the_tested_one_and_is_not_trained_again(
    first: tuple[Project, tested.Packed], elsewhere: Project, packed: Path, key: str
) -> None:
    digest = tested.adopt(elsewhere, packed, key=key)
    bundle, trained, fresh = training_module.train(elsewhere, progress=say)
    assert (bundle.digest, fresh, trained.run) == (digest, False, "")
    assert digest in first[0].bundles


def test_what_gates_said_of_a_tested_bundle_counts_after_it_was_taken_over(
    elsewhere: Project, packed: Path, key: str
) -> None:
    digest = tested.adopt(elsewhere, packed, key=key)
    said = {verdict.gate: verdict.outcome for verdict in runs.kept_verdicts(elsewhere, digest)}
    assert said == {"deepchecks/all": "pass", "load/all": "pass"}


def test_what_gates_said_of_another_bundle_does_not_count(elsewhere: Project, packed: Path, key: str) -> None:
    said_of = json.loads((packed / "load.json").read_text(encoding="utf-8"))
    (packed / "load.json").write_text(json.dumps(said_of | {"bundle": OTHER}), encoding="utf-8")
    (packed / "deepchecks.json").write_text("garbage", encoding="utf-8")
    digest = tested.adopt(elsewhere, packed, key=key)
    said = {verdict.gate for verdict in runs.kept_verdicts(elsewhere, digest)}
    assert said == {"deepchecks/not-run", "load/not-run"}


def change(path: Path) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def rename(path: Path, **keys: str) -> None:
    """Change keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | keys), encoding="utf-8")


def relabel(folder: Path) -> None:
    """Seal a bundle again, for another training key than it was trained with."""
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    manifest["lineage"]["training_key"] = OTHER
    (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")


FAULTS: dict[str, tuple[Callable[[Path], object], type[TrunklineError], str]] = {
    "model changed": (
        lambda at: change(at / "bundle/model.onnx"),
        BundleError,
        "was changed after it was sealed: model.onnx",
    ),
    "contract changed": (lambda at: change(at / "bundle/contract.json"), BundleError, "was changed after"),
    "file added": (
        lambda at: (at / "bundle/more.py").write_text("1"),
        BundleError,
        "files that are not its own: more.py",
    ),
    "file gone": (lambda at: (at / "bundle/model.onnx").unlink(), BundleError, "lacks model.onnx"),
    "bundle gone": (lambda at: shutil.rmtree(at / "bundle"), BundleError, "Cannot read"),
    "another bundle is told of": (
        lambda at: rename(at / "trained.json", bundle=OTHER),
        NotFoundError,
        "is the bundle of training key",
    ),
    "another key is told of": (
        lambda at: rename(at / "trained.json", key=OTHER),
        NotFoundError,
        "is the bundle of training key",
    ),
    "made for another key": (
        lambda at: relabel(at / "bundle"),
        NotFoundError,
        f"is the bundle of training key {short(OTHER)}",
    ),
    "nothing told": (lambda at: (at / "trained.json").unlink(), StorageError, "Cannot read"),
    "garbage told": (lambda at: (at / "trained.json").write_bytes(b"\xff{"), StorageError, "is not UTF-8"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_the_tested_bundle_is_refused_and_nothing_of_it_kept(
    elsewhere: Project, packed: Path, key: str, fault: str
) -> None:
    plant, error, words = FAULTS[fault]
    plant(packed)
    with pytest.raises(error, match=words):
        tested.adopt(elsewhere, packed, key=key)
    assert kept(elsewhere) == []


def test_the_bundle_of_another_commit_is_refused_with_the_key_that_it_has(
    elsewhere: Project, packed: Path, key: str
) -> None:
    with pytest.raises(NotFoundError, match=f"is the bundle of training key {short(key)}") as caught:
        tested.adopt(elsewhere, packed, key=OTHER)
    assert caught.value.value == short(OTHER)
    assert kept(elsewhere) == []


def use(monkeypatch: pytest.MonkeyPatch, project: Project, artifact: Path) -> Keeping:
    """Let the project's forge keep an artifact."""
    forge = Keeping(project.forge_folder, artifact)
    monkeypatch.setattr(tested, "open_forge", lambda _: forge)
    return forge


@pytest.mark.usefixtures("never_train")
def test_a_release_asks_for_the_bundle_of_the_commit_that_was_merged(
    elsewhere: Project, packed: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = use(monkeypatch, elsewhere, packed)
    assert tested.adopt_tested(elsewhere, progress=say)
    assert forge.asked == [(git(elsewhere.root, "rev-parse", "HEAD"), key)]
    assert not training_module.train(elsewhere, progress=say)[2]
    assert tested.adopt_tested(elsewhere, progress=say)
    assert len(forge.asked) == 1


def test_where_no_run_kept_a_bundle_it_is_trained_here(
    first: tuple[Project, tested.Packed], elsewhere: Project
) -> None:
    told: list[str] = []
    assert not tested.adopt_tested(elsewhere, progress=told.append)
    assert told == ["no run of the merged pull request kept a bundle of this training key: training here"]
    bundle, _, fresh = training_module.train(elsewhere, progress=say)
    assert fresh
    assert bundle.digest in elsewhere.bundles


def test_a_damaged_bundle_is_left_where_it_is_and_why_is_said(
    elsewhere: Project, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(packed / "bundle/model.onnx")
    use(monkeypatch, elsewhere, packed)
    told: list[str] = []
    assert not tested.adopt_tested(elsewhere, progress=told.append)
    (line,) = told
    assert "is not taken" in line
    assert "model.onnx does not have its checksum" in line
    assert kept(elsewhere) == []


def test_a_tested_bundle_is_registered_without_training(
    first: tuple[Project, tested.Packed],
    packed: Path,
    tmp_path: Path,
    never_train: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = locked_project(tmp_path / "loans")
    use(monkeypatch, project, packed)
    registered = releasing.register(project, progress=say)
    assert registered.version.number == 1
    assert registered.version.bundle in first[0].bundles
    said = {verdict.gate for verdict in registered.judged.evaluation.verdicts}
    assert {"load/all", "deepchecks/all"} <= said
    assert not any(gate.endswith("/not-run") for gate in said)


@pytest.mark.usefixtures("never_train")
def test_a_later_change_that_shapes_no_model_finds_the_run_that_tested_it(
    elsewhere: Project, packed: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = git(elsewhere.root, "rev-parse", "HEAD")
    (elsewhere.root / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    git(elsewhere.root, "add", "--all")
    git(elsewhere.root, "commit", "--quiet", "--message", "Another base")
    forge = use(monkeypatch, elsewhere, packed)
    assert tested.adopt_tested(elsewhere, progress=say)
    assert forge.asked == [(brought, key)]


def test_of_a_bundle_that_is_here_what_its_run_said_is_taken_over_and_nothing_else(
    elsewhere: Project, packed: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = tested.adopt(elsewhere, packed, key=key)
    memory = kept(elsewhere)
    for name in tested.RUNS:
        (runs.run_folder(elsewhere, digest) / name).unlink()
    assert tested.unasked(elsewhere, digest) == ["deepchecks", "load"]
    use(monkeypatch, elsewhere, packed)
    assert tested.adopt_tested(elsewhere, progress=say)
    assert tested.unasked(elsewhere, digest) == []
    assert kept(elsewhere) == memory


def test_what_was_said_of_another_bundle_of_the_key_is_not_taken_over(
    elsewhere: Project, packed: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = tested.adopt(elsewhere, packed, key=key)
    for name in tested.RUNS:
        (runs.run_folder(elsewhere, digest) / name).unlink()
    rename(packed / "trained.json", bundle=OTHER)
    use(monkeypatch, elsewhere, packed)
    told: list[str] = []
    assert tested.adopt_tested(elsewhere, progress=told.append)
    assert "is not taken: What was packed is bundle" in told[-1]
    assert tested.unasked(elsewhere, digest) == ["deepchecks", "load"]


@pytest.mark.parametrize(("said", "ask"), [(True, "false"), (False, "true")])
def test_a_workflow_is_told_whether_load_and_deepchecks_are_still_to_be_asked(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bool, ask: str
) -> None:
    project = locked_project(tmp_path / "loans")
    for name in () if said else tested.RUNS:
        (packed / name).unlink()
    use(monkeypatch, project, packed)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert run(["--project", str(project.root), "ci", "adopt", "--scheduled"]) == 0
    told = handed_on(tmp_path / "output")
    assert (told["train"], told["ask"]) == ("false", ask)
    assert told["bundle"].removeprefix("sha256:") in {
        folder.name for folder in project.bundles.root.iterdir()
    }


def handed_on(path: Path) -> dict[str, str]:
    """Return what a verb handed on to the workflow's next steps; what is said last holds."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


@pytest.mark.usefixtures("never_train")
def test_where_no_run_kept_a_bundle_the_workflow_is_told_to_train_and_adopting_runs_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = locked_project(tmp_path / "loans")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert run(["--project", str(project.root), "ci", "adopt", "--scheduled"]) == 0
    assert handed_on(tmp_path / "output") == {"train": "true", "ask": "true", "bundle": ""}


@pytest.mark.parametrize("lasting", ["TRUNKLINE_HOME", "RUNNER_ENVIRONMENT"])
def test_what_a_job_left_in_the_home_of_a_runner_is_not_released_unless_this_run_made_it(
    first: tuple[Project, tested.Packed],
    elsewhere: Project,
    key: str,
    lasting: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(first[0].keys, elsewhere.keys)
    shutil.copytree(first[0].bundles.root, elsewhere.bundles.root)
    (digest,) = (f"sha256:{folder.name}" for folder in elsewhere.bundles.root.iterdir())
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("TRUNKLINE_HOME", raising=False)
    monkeypatch.setenv(lasting, "self-hosted" if lasting == "RUNNER_ENVIRONMENT" else str(elsewhere.work))
    monkeypatch.setattr(tested, "open_forge", lambda _: LocalForge(elsewhere.forge_folder))
    assert tested.adopt_tested(elsewhere, bundle=digest, progress=say)
    told: list[str] = []
    assert not tested.adopt_tested(elsewhere, progress=told.append)
    assert "it is not reused" in told[0]
    assert recall(elsewhere, key, progress=say) is None


def test_a_bundle_that_names_no_commit_is_not_handed_on_and_the_tested_one_takes_its_place(
    first: tuple[Project, tested.Packed],
    elsewhere: Project,
    packed: Path,
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (clean,) = first[0].bundles.root.glob("[0-9a-f]*")
    digest = f"sha256:{clean.name}"
    shutil.copytree(clean, tmp_path / "before")
    honest = first[0].bundles.get(digest).manifest
    lineage = honest.lineage.model_copy(update={"commit": honest.lineage.commit + DIRTY})
    dirty = seal(tmp_path / "before", honest.model_copy(update={"lineage": lineage}))
    elsewhere.bundles.root.mkdir(parents=True, exist_ok=True)
    elsewhere.bundles.add(dirty.folder)
    remembered = Trained.read(packed / "trained.json").model_copy(update={"bundle": dirty.digest})
    remember(elsewhere, remembered)
    keep(elsewhere, dirty.digest)
    monkeypatch.setattr(releasing, "require_released", lambda _: None)
    monkeypatch.setattr(tested, "open_forge", lambda _: LocalForge(elsewhere.forge_folder))
    assert releasing.adopt_merged(elsewhere, progress=say) == ""
    monkeypatch.setattr(tested, "open_forge", lambda _: Keeping(elsewhere.forge_folder, packed))
    assert releasing.adopt_merged(elsewhere, progress=say) == digest


def test_where_no_rows_are_locked_there_is_nothing_to_adopt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path / "loans")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert run(["--project", str(project.root), "ci", "adopt", "--scheduled"]) == 0
    assert "There is no data.lock yet" in capsys.readouterr().out
    assert handed_on(tmp_path / "output") == {"train": "false", "ask": "false"}


class Forked(LocalForge):
    """The local forge with what GitHub's has of a stranger's pull request."""

    def __init__(self, folder: Path, kept: Path | None) -> None:
        super().__init__(folder)
        self.kept = kept

    def tested_bundle(self, commit: str, training_key: str, folder: Path, *, fork: bool = False) -> bool:
        """Hand out what a fork's run kept, to whoever asks for a fork's."""
        if not fork or self.kept is None:
            return False
        shutil.copytree(self.kept, folder, dirs_exist_ok=True)
        return True


def compared(project: Project, artifact: Path | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Compare the project's bundle with what a fork's run kept, and return what is said."""
    forge = Forked(project.forge_folder, artifact)
    monkeypatch.setattr(tested, "open_forge", lambda _: forge)
    bundle, _, _ = training_module.train(project, progress=say)
    told: list[str] = []
    said = tested.compare_with_fork(project, bundle, progress=told.append)
    assert told == ([said] if said else [])
    return said


def test_where_no_fork_made_a_bundle_there_is_nothing_to_compare(
    first: tuple[Project, tested.Packed], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compared(first[0], None, monkeypatch) == ""


def test_a_fork_that_made_the_same_model_is_told_so(
    first: tuple[Project, tested.Packed], packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        compared(first[0], packed, monkeypatch)
        == "The fork's run says that it made the very same model file."
    )


def remodel(folder: Path, name: str, value: float) -> None:
    """Let a bundle's manifest tell of another model file, and of one figure only."""
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    manifest["files"][manifest["model"]] = OTHER
    figure = next(each for each in manifest["figures"] if each["name"] == "roc_auc" and not each.get("group"))
    manifest["figures"] = [figure | {"name": name, "value": value}]
    (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_fork_that_made_another_model_is_compared_by_its_figures_and_never_opened(
    first: tuple[Project, tested.Packed], packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remodel(packed / "bundle", "roc_auc", 0.125)
    (packed / "bundle/model.onnx").write_bytes(b"what a stranger made")
    said = compared(first[0], packed, monkeypatch)
    ours = {
        each.name: each.value
        for each in training_module.train(first[0], progress=say)[0].manifest.figures
        if not each.group
    }
    assert said == f"The fork's run made another model file: roc_auc {ours['roc_auc']:.4g} here, 0.125 there."


def test_figures_of_other_names_cannot_be_compared(
    first: tuple[Project, tested.Packed], packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remodel(packed / "bundle", "praise", 1.0)
    said = compared(first[0], packed, monkeypatch)
    assert said == "The fork's run made another model file: its figures have other names."


@pytest.mark.parametrize("content", [None, b"\xff{", b"{}", b"[]"])
def test_a_damaged_manifest_of_a_fork_stops_nothing(
    first: tuple[Project, tested.Packed], packed: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    manifest = packed / "bundle/bundle.json"
    if content is None:
        manifest.unlink()
    else:
        manifest.write_bytes(content)
    said = compared(first[0], packed, monkeypatch)
    assert said.startswith("What the fork's run kept cannot be compared: ")
