"""The project: found from anywhere inside it, and what its user plugs in."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trunkline import __version__
from trunkline.core.errors import NotFoundError, PolicyError, ProjectError
from trunkline.core.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with the package `plugged`; what it imported is forgotten afterwards."""
    root = tmp_path / "project"
    make(root, answer=1)
    before = list(sys.path)
    yield Project.find(root)
    sys.path[:] = before
    for name in [name for name in sys.modules if name.split(".")[0] == "plugged"]:
        del sys.modules[name]


def make(root: Path, *, answer: int) -> None:
    package = root / "src" / "plugged"
    package.mkdir(parents=True)
    (root / "trunkline.yaml").write_text("name: plugged\npackage: plugged\n")
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text(f"def candidates():\n    return [{answer}]\n")


def test_a_project_is_found_from_any_folder_in_it(project: Project) -> None:
    assert Project.find(project.root) == project
    assert Project.find(project.root / "src" / "plugged") == project
    assert project.policy.name == "plugged"


def test_outside_a_project_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"No trunkline\.yaml in") as caught:
        Project.find(tmp_path)
    assert "--project" in caught.value.next_step


def test_what_the_user_wrote_is_plugged_in(project: Project) -> None:
    assert project.plug("model", "candidates")() == [1]
    assert project.has("model", "candidates")
    assert not project.has("model", "metrics")


def test_bytecode_of_an_earlier_source_is_never_taken_for_todays(project: Project) -> None:
    source = project.package / "model.py"
    assert project.plug("model", "candidates")() == [1]
    written = source.stat()
    py_compile.compile(str(source))
    source.write_text(source.read_text().replace("[1]", "[2]"))
    os.utime(source, ns=(written.st_atime_ns, written.st_mtime_ns))  # as in the same second
    for name in [name for name in sys.modules if name.split(".")[0] == "plugged"]:
        del sys.modules[name]
    assert Project(project.root).plug("model", "candidates")() == [2]


def test_a_name_that_is_missing_is_named_with_its_file(project: Project) -> None:
    with pytest.raises(ProjectError, match=r"src/plugged/model\.py does not define metrics") as caught:
        project.plug("model", "metrics")
    assert caught.value.next_step == "define metrics there"


def test_a_module_that_is_missing_is_named(project: Project) -> None:
    with pytest.raises(ProjectError, match=r"src/plugged/data\.py cannot be imported: ModuleNotFoundError"):
        project.plug("data", "load")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def load(:\n", "SyntaxError"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_code_that_raises_is_named_with_its_error(project: Project, code: str, words: str) -> None:
    (project.root / "src" / "plugged" / "data.py").write_text(code)
    with pytest.raises(ProjectError, match=r"src/plugged/data\.py cannot be imported") as caught:
        project.plug("data", "load")
    assert words in caught.value.what


def test_two_projects_with_one_package_name_do_not_get_each_others_code(
    project: Project, tmp_path: Path
) -> None:
    make(tmp_path / "project" / "src-other", answer=2)
    other = Project(tmp_path / "project" / "src-other")
    answers = [each.plug("model", "candidates")() for each in (project, other, project, other)]
    assert answers == [[1], [2], [1], [2]]


def test_the_code_digest_changes_with_every_file_but_what_was_compiled_or_is_hidden(project: Project) -> None:
    package = project.root / "src" / "plugged"
    before = project.code_digest()
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__" / "model.cpython-311.pyc").write_bytes(b"1")
    (package / ".DS_Store").write_bytes(b"1")
    (package / "model.py~").write_bytes(b"1")
    assert project.code_digest() == before
    (package / "weights.bin").write_bytes(b"1")
    with_file = project.code_digest()
    (package / "weights.bin").write_bytes(b"2")
    assert len({before, with_file, project.code_digest()}) == 3
    (package / "weights.bin").unlink()
    assert project.code_digest() == before
    code = (package / "model.py").read_text()
    (package / "model.py").write_text(code + "# more\n")
    assert project.code_digest() != before
    (package / "model.py").write_text(code)
    assert project.code_digest() == before
    (package / "model.py").rename(package / "models.py")
    assert project.code_digest() != before
    (package / "models.py").rename(package / "model.py")
    (package / "more").mkdir()
    (package / "more" / "deep.py").write_text("")
    assert project.code_digest() != before


def test_what_has_no_content_of_its_own_is_refused_by_name(project: Project) -> None:
    package = project.root / "src" / "plugged"
    for name, make, words in (
        ("gone", lambda path: path.symlink_to("nowhere"), "leads nowhere"),
        ("loop", lambda path: path.symlink_to(package), "link"),
        ("pipe", os.mkfifo, "neither a file nor a folder"),
        (
            "large.bin",
            lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
            "git-lfs",
        ),
        (os.fsdecode(b"\xff.bin"), lambda path: path.write_text(""), "UTF-8"),
    ):
        make(package / name)
        with pytest.raises(ProjectError, match=words):
            project.code_digest()
        (package / name).unlink()


def test_a_file_of_the_package_that_git_ignores_is_in_no_commit(project: Project) -> None:
    package = project.root / "src" / "plugged"
    (project.root / ".gitignore").write_text("*.bin\n__pycache__/\n")
    git(project.root, "init", "-q")
    git(project.root, "add", "--all")
    git(project.root, "commit", "-qm", "First")
    head = project.commit()
    (package / "weights.bin").write_bytes(b"1")
    assert project.commit() == head + "+dirty"
    assert project.uncommitted() == ("src/plugged/weights.bin",)
    git(project.root, "add", "--force", "src/plugged/weights.bin")
    git(project.root, "commit", "-qm", "Second")
    assert len(project.commit()) == 40


def test_a_package_that_is_not_there_is_named(project: Project) -> None:
    (project.root / "trunkline.yaml").write_text("name: plugged\npackage: elsewhere\n")
    with pytest.raises(ProjectError, match="no package"):
        Project(project.root).code_digest()


def test_the_requirements_digest_follows_the_locked_files(project: Project) -> None:
    none = project.requirements_digest()
    folder = project.root / "requirements"
    folder.mkdir()
    (folder / "train.txt").write_text("scikit-learn==1.9.1\n")
    one = project.requirements_digest()
    (folder / "train.txt").write_text("scikit-learn==1.9.2\n")
    assert len({none, one, project.requirements_digest()}) == 3


def test_the_commit_says_whether_tracked_files_differ(project: Project) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (("init", "-q"), ("add", "--all"), (*identity, "commit", "-qm", "First")):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    head = project.commit()
    assert len(head) == 40
    (project.root / "new.txt").write_text("not tracked")
    assert project.commit() == head
    (project.root / "src" / "plugged" / "model.py").write_text("")
    assert project.commit() == head + "+dirty"


def git(root: Path, *words: str) -> str:
    """Run git as Ada and return what it prints."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def tried(project: Project) -> Project:
    """A project at the merge that GitHub makes to test a pull request, which changed the model."""
    root = project.root
    git(root, "init", "-q", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "-qm", "First")
    git(root, "switch", "-qc", "model/better")
    (root / "src/plugged/model.py").write_text("def candidates():\n    return [3]\n")
    git(root, "commit", "-qam", "Better")
    git(root, "switch", "-q", "main")
    return project


def test_of_a_pull_requests_trial_merge_its_own_commit_is_meant(
    tried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tried.root / "README.md").write_text("Main went on.\n")
    git(tried.root, "add", "--all")
    git(tried.root, "commit", "-qm", "Documentation")
    git(tried.root, "merge", "-q", "--no-ff", "-m", "Trial", "model/better")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    assert tried.commit() == git(tried.root, "rev-parse", "HEAD")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert tried.commit() == git(tried.root, "rev-parse", "HEAD"), "a merge of another repository"
    monkeypatch.setenv("GITHUB_SHA", git(tried.root, "rev-parse", "HEAD"))
    assert tried.commit() == git(tried.root, "rev-parse", "model/better")
    (tried.root / "README.md").write_text("And on.\n")
    assert tried.commit() == git(tried.root, "rev-parse", "model/better") + "+dirty"


def test_a_clone_that_is_too_shallow_for_the_pull_requests_own_commit_names_no_other(
    tried: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tried.root, "merge", "-q", "--no-ff", "-m", "Trial", "model/better")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_SHA", git(tried.root, "rev-parse", "HEAD"))
    found = []
    for depth in ("1", "2"):
        git(tmp_path, "clone", "-q", "--depth", depth, f"file://{tried.root}", depth)
        git(tmp_path / depth, "checkout", "-q", "--detach")
        try:
            found.append(Project.find(tmp_path / depth).commit())
        except NotFoundError as refused:
            found.append(f"{refused.value} {'fetch-depth: 2' in refused.next_step}")
    own = git(tried.root, "rev-parse", "model/better")
    assert found == [f"{own} True", own]


@pytest.mark.parametrize(
    "name", ["src/plugged/features.py", "trunkline.yaml", "data.lock", "requirements/train.txt"]
)
def test_a_trial_merge_is_itself_where_main_shaped_the_model_as_well(
    tried: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tried.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "# by main\n")
    git(tried.root, "add", "--all")
    git(tried.root, "commit", "-qm", "Main's own change")
    git(tried.root, "merge", "-q", "--no-ff", "-m", "Trial", "model/better")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_SHA", git(tried.root, "rev-parse", "HEAD"))
    assert tried.commit() == git(tried.root, "rev-parse", "HEAD")


def test_a_pull_requests_own_commit_is_checked_out_by_itself(
    tried: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tried.root, "switch", "-q", "model/better")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_SHA", git(tried.root, "rev-parse", "HEAD"))
    assert tried.commit() == git(tried.root, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["src/plugged/more.py", "data.lock", "requirements/more.txt"])
def test_what_shapes_a_model_counts_before_git_knows_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("GITHUB_EVENT_NAME", raising=False)
    git(project.root, "init", "-q")
    git(project.root, "add", "--all")
    git(project.root, "commit", "-qm", "First")
    head = project.commit()
    path = project.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    assert project.commit() == head + "+dirty"


def test_the_environment_names_a_folder_that_outlives_the_work_tree(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path / "home"))
    found = Project.find(project.root / "src")
    assert found.root == project.root
    assert found.work == tmp_path / "home"
    assert found.live("production").is_relative_to(tmp_path / "home")
    assert found.tracking_uri({}) == f"sqlite:///{tmp_path / 'home' / 'mlflow.db'}"
    assert found.deployment("production").is_relative_to(project.root)


@pytest.mark.parametrize(
    ("named", "folder"), [("", "project/.trunkline"), ("~/models", "home/models"), ("models", "here/models")]
)
def test_that_folder_may_be_empty_at_home_or_beside(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, folder: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRUNKLINE_HOME", named)
    assert Project.find(project.root).work == tmp_path / folder


@pytest.mark.parametrize("name", ["deepchecks.txt", "forge.txt"])
def test_the_lock_of_an_environment_in_which_nothing_is_trained_changes_no_digest(
    project: Project, name: str
) -> None:
    folder = project.root / "requirements"
    folder.mkdir()
    (folder / "train.txt").write_text("scikit-learn==1.9.1\n")
    before = project.requirements_digest()
    (folder / name).write_text("something==1\n")
    assert project.requirements_digest() == before


def test_inside_a_git_hook_the_projects_own_commit_is_meant(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (("init", "-q"), ("add", "--all"), (*identity, "commit", "-qm", "First")):
        subprocess.run(["git", *words], cwd=project.root, check=True)
    head = project.commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    assert project.commit() == head


def test_a_project_without_a_commit_says_what_is_missing(project: Project) -> None:
    with pytest.raises(NotFoundError, match="rev-parse HEAD failed") as caught:
        project.commit()
    assert "first commit" in caught.value.next_step


@pytest.mark.parametrize(
    ("registry", "environment", "uri"),
    [
        ("", {}, "sqlite:///{work}/mlflow.db"),
        ("", {"MLFLOW_TRACKING_URI": "http://mlflow:5000"}, "http://mlflow:5000"),
        ("http://policy:5000", {"MLFLOW_TRACKING_URI": "http://mlflow:5000"}, "http://policy:5000"),
    ],
)
def test_the_tracking_uri_is_the_policys_then_the_environments_then_the_embedded_store(
    project: Project, registry: str, environment: dict[str, str], uri: str
) -> None:
    text = f'name: plugged\npackage: plugged\nregistry: {{uri: "{registry}"}}\n'
    (project.root / "trunkline.yaml").write_text(text)
    assert Project(project.root).tracking_uri(environment) == uri.format(work=project.work)


def test_the_servers_password_goes_where_main_says_and_not_where_a_repositorys_variable_points(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "sesame")
    given = {"MLFLOW_TRACKING_URI": "https://attacker.example", "GITHUB_ACTIONS": "true"}
    with pytest.raises(PolicyError, match="main names"):
        project.tracking_uri(given)
    assert project.tracking_uri(given | {"GITHUB_ACTIONS": ""}) == "https://attacker.example"
    (project.root / "trunkline.yaml").write_text(
        'name: plugged\npackage: plugged\nregistry: {uri: "https://mlflow.example"}\n'
    )
    assert Project(project.root).tracking_uri(given) == "https://mlflow.example"
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    (project.root / "trunkline.yaml").write_text("name: plugged\npackage: plugged\n")
    assert Project(project.root).tracking_uri(given) == "https://attacker.example"


def test_all_that_is_made_and_not_committed_lies_in_one_folder(project: Project) -> None:
    made = [
        project.snapshots,
        project.bundles.root,
        project.keys,
        project.evaluations,
        project.live("production"),
        project.predictions("production"),
        project.truth("production"),
        project.monitoring("production"),
        project.forge_folder,
    ]
    assert all(path.is_relative_to(project.work) for path in made)
    committed = [project.cards, project.data_lock, project.deployment("production")]
    assert not any(path.is_relative_to(project.work) for path in committed)


def test_a_toolkit_from_a_registry_is_its_version(project: Project) -> None:
    assert project.toolkit() == __version__


def test_a_toolkit_that_the_project_carries_is_its_version_and_its_source(project: Project) -> None:
    source = project.root / "vendor/trunkline/src/trunkline"
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("A = 1\n")
    (source.parent.parent / "README.md").write_text("Words\n")
    first = project.toolkit()
    assert first.startswith(f"{__version__}+")
    (source.parent.parent / "README.md").write_text("Other words\n")
    assert project.toolkit() == first
    (source / "__init__.py").write_text("A = 2\n")
    assert project.toolkit() not in {first, __version__}
