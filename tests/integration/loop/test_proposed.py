"""What a pull request on the desired state would do: shown, and refused where it names what nobody registered."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.bundle import BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.lineage import Lineage, Usage
from trunkline.core.project import Project
from trunkline.core.record import digits, short
from trunkline.core.release import Route
from trunkline.core.verdicts import Evaluation
from trunkline.delivery import next_state, read_state, write_state
from trunkline.loop.rollout.promoting import propose_next_stage
from trunkline.loop.rollout.proposed import describe_change
from trunkline.loop.versions.bundles import registry_of
from trunkline.loop.versions.named import NamedVersion, named_versions

from .conftest import git, make_project

LINEAGE = Lineage(
    commit="c0ffee",
    snapshot="sha256:5",
    training_key="sha256:" + "1" * 64,
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="a",
    settings={},
)


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, tuple[Route, ...]]:
    """A project with three registered versions that nobody trained; callers of the second must send `month`.

    Main names the first two.
    """
    project = make_project(tmp_path_factory.mktemp("proposed") / "loans")
    routes = []
    for number in (1, 2, 3):
        folder = tmp_path_factory.mktemp("bundle")
        columns: tuple[Column, ...] = (
            Column(name="x", type="number"),
            Column(name="y", type="number", role=Role.OUTCOME),
        )
        if number == 2:
            columns = (Column(name="month", type="integer"), *columns)
        Contract(name="loans", columns=columns).write(folder / "contract.json")
        (folder / "model.onnx").write_text(str(number), encoding="utf-8")
        manifest = BundleManifest(
            name="loans", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
        )
        sealed = seal(folder, manifest)
        registry_of(project).put(sealed, number=number)
        routes.append(Route(version=number, bundle=sealed.digest))
    for route in routes[:2]:
        name(project, route)
    git(project.root, "push", "--quiet", "origin", "HEAD:main")
    return project, tuple(routes)


@pytest.fixture
def project(registered: tuple[Project, tuple[Route, ...]]) -> Project:
    """The project, its work tree as main has it."""
    project = registered[0]
    git(project.root, "fetch", "--quiet", "origin", "main")
    git(project.root, "reset", "--quiet", "--hard", "origin/main")
    git(project.root, "clean", "--quiet", "--force", "-d", "model_cards")
    return project


def desire(project: Project, stage: str, route: Route) -> None:
    """Write the desired state in which a version has a stage."""
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), stage, challenger=route, share=0.2))


def test_it_is_shown_and_kept_with_what_is_known_of_the_version(
    project: Project,
    registered: tuple[Project, tuple[Route, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = registered[1][0]
    summary, kept = tmp_path / "summary", tmp_path / "packed/plan.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    words = ["--project", str(project.root), "plan", "--change", "--to", str(kept)]
    assert run(words) == 0
    assert "Merging this changes nothing that serves." in capsys.readouterr().out
    desire(project, "single", one)
    assert run(words) == 0
    shown = capsys.readouterr().out
    assert f"version 1 ({short(one.bundle)})" in shown
    assert "version 1 answers everyone" in shown
    assert "version 1 is registered" in shown
    assert "its report is elsewhere" in shown
    text = kept.read_text(encoding="utf-8")
    assert text.startswith("## What merging this does\n\n```\nPlan for production")
    assert text.strip() in summary.read_text(encoding="utf-8")


def test_it_is_compared_with_main_and_not_with_what_serves(
    project: Project, registered: tuple[Project, tuple[Route, ...]]
) -> None:
    one, two, _ = registered[1]
    before = git(project.root, "rev-parse", "HEAD")
    desire(project, "single", one)
    git(project.root, "commit", "--quiet", "--all", "--message", "Version 1")
    git(project.root, "push", "--quiet", "origin", "HEAD:main")
    try:
        assert describe_change(project, progress=say) == "Merging this changes nothing that serves."
        evaluation = Evaluation.model_validate(
            {
                "bundle": two.bundle,
                "snapshot": "s",
                "created": "2026-01-01T00:00:00Z",
                "figures": (),
                "verdicts": [{"gate": "g", "outcome": "fail", "reason": "r"}],
            }
        )
        evaluation.write(project.evaluations / digits(two.bundle) / "evaluation.json")
        desire(project, "canary", two)
        said = describe_change(project, progress=say)
    finally:
        git(project.root, "push", "--quiet", "--force", "origin", f"{before}:main")
    assert "version 2 answers 20 % of users" in said
    assert "version 2 is registered; " in said
    assert "its gates said fail" in said
    assert "version 1 is registered" not in said


def test_what_callers_must_do_is_said_of_the_stage_that_asks_it_of_them(
    project: Project, registered: tuple[Project, tuple[Route, ...]]
) -> None:
    one, two, _ = registered[1]
    before = git(project.root, "rev-parse", "HEAD")
    desire(project, "single", one)
    assert "Callers" not in describe_change(project, progress=say)
    git(project.root, "commit", "--quiet", "--all", "--message", "Version 1")
    git(project.root, "push", "--quiet", "origin", "HEAD:main")
    try:
        desire(project, "canary", two)
        on_trial = describe_change(project, progress=say)
        desire(project, "single", two)
        alone = describe_change(project, progress=say)
        pull = propose_next_stage(project, "single", number=2, progress=say)
        trial = propose_next_stage(project, "silent", number=2, progress=say)
    finally:
        git(project.root, "push", "--quiet", "--force", "origin", f"{before}:main")
    must = "Callers must now send `month` (a whole number)."
    for text, later in ((on_trial, True), (trial.body, True), (alone, False), (pull.body, False)):
        assert must in text
        assert ("Once version 2 answers everyone:" in text) is later


def test_a_bundle_that_nobody_registered_under_this_number_is_refused(
    project: Project, registered: tuple[Project, tuple[Route, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, _ = registered[1]
    desire(project, "single", Route(version=7, bundle="sha256:" + "f" * 64))
    assert run(["--project", str(project.root), "plan", "--change"]) == PolicyError.exit_code
    assert "No model_cards/ names version 7 (ffffffffffff)" in capsys.readouterr().err
    desire(project, "single", Route(version=1, bundle=two.bundle))
    with pytest.raises(PolicyError, match=f"Version 1 is bundle {short(one.bundle)} on main"):
        describe_change(project, progress=say)


def name(project: Project, route: Route) -> None:
    """Commit what a version's card says of its bundle."""
    usage = Usage(
        seconds=1,
        cpu_seconds=1,
        peak_memory_mb=1,
        cores=1,
        energy_wh=1,
        energy_source="estimated",
        watts_per_core=1,
    )
    version = NamedVersion(
        number=route.version, bundle=route.bundle, training_key=LINEAGE.training_key, usage=usage, reason=""
    )
    version.write(project.cards / f"v{route.version:04d}/version.json")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", f"Version {route.version}")


def test_a_branch_that_names_another_bundle_under_a_number_of_main_is_refused_without_the_registry_too(
    project: Project,
    registered: tuple[Project, tuple[Route, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two, _ = registered[1]
    forged = Route(version=one.version, bundle=two.bundle)
    name(project, forged)
    desire(project, "single", forged)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(PolicyError, match=short(one.bundle)):
        describe_change(project, progress=say)


def test_a_version_that_only_the_branch_itself_names_is_said(
    project: Project, registered: tuple[Project, tuple[Route, ...]]
) -> None:
    one, _, three = registered[1]
    desire(project, "single", one)
    assert "nothing on main names it" not in describe_change(project, progress=say)
    name(project, three)
    desire(project, "single", three)
    assert "nothing on main names it" in describe_change(project, progress=say)


def test_a_card_that_no_commit_holds_names_nothing(
    project: Project, registered: tuple[Project, tuple[Route, ...]]
) -> None:
    one, two, three = registered[1]
    card = project.cards / "v0001/version.json"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace(one.bundle, three.bundle), encoding="utf-8")
    (project.cards / "v0003").mkdir()
    (project.cards / "v0003/version.json").write_text(text, encoding="utf-8")
    assert [version.bundle for version in named_versions(project)] == [one.bundle, two.bundle]


def test_a_version_that_main_names_and_nobody_registered_is_refused(
    project: Project, registered: tuple[Project, tuple[Route, ...]]
) -> None:
    lost = Route(version=4, bundle="sha256:" + "4" * 64)
    name(project, lost)
    desire(project, "single", lost)
    with pytest.raises(PolicyError, match="was never registered"):
        describe_change(project, progress=say)


def test_a_file_that_is_no_desired_state_is_refused(project: Project) -> None:
    project.deployment("production").write_text("environment: production\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"production\.yaml: target"):
        describe_change(project, progress=say)


def test_a_registry_that_does_not_answer_is_said_and_refuses_nothing(
    project: Project,
    registered: tuple[Project, tuple[Route, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    desire(project, "single", registered[1][0])
    assert "whether it is registered could not be looked up" in describe_change(project, progress=say)
