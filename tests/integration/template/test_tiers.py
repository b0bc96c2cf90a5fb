"""Which parts of continuous integration a change needs: the table, and the script on real git."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

import pytest

from .conftest import isolated

Git = Callable[..., str]
IDENTITY = ("-c", "user.name=Tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false")
EVERYTHING = {"code", "model", "image"}


@pytest.fixture(scope="module")
def script(template: Path) -> Path:
    """The script as it lies in the template: it holds no answers."""
    return template / ".github" / "tiers.py"


@pytest.fixture(scope="module")
def tiers(script: Path) -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("tiers", script)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("README.md", set()),
        ("docs/how.md", set()),
        ("docs/picture.png", set()),
        ("model_cards/v0001/README.md", set()),
        ("model_cards/v0001/roc.png", set()),
        ("deployments/production.yaml", set()),
        ("LICENSE", set()),
        (".github/CODEOWNERS", set()),
        (".github/ISSUE_TEMPLATE/bug.yml", set()),
        (".github/pull_request_template.md", set()),
        ("requirements/README.md", set()),
        ("vendor/trunkline/README.md", set()),
        ("trunkline.yaml", {"model"}),
        ("data.lock", {"model", "image"}),
        ("Dockerfile", {"image"}),
        (".dockerignore", {"image"}),
        ("tests/unit/test_features.py", {"code", "model"}),
        ("loadtest/locustfile.py", {"code", "model"}),
        ("src/loans/model.py", EVERYTHING),
        ("src/loans/notes.md", EVERYTHING),
        ("requirements/train.txt", EVERYTHING),
        ("vendor/trunkline/src/trunkline/core/project.py", EVERYTHING),
        ("vendor/trunkline/NOTES.md", EVERYTHING),
        (".github/workflows/ci.yml", EVERYTHING),
        (".github/tiers.py", EVERYTHING),
        ("Makefile", EVERYTHING),
        ("pyproject.toml", EVERYTHING),
        ("something/new.txt", EVERYTHING),
        ("nested/data.lock", EVERYTHING),
        ("documents/rows.csv", EVERYTHING),
        ("README.md.py", EVERYTHING),
    ],
)
def test_a_file_needs_what_it_may_break_and_one_that_nobody_placed_everything(
    tiers: ModuleType, path: str, parts: set[str]
) -> None:
    assert tiers.tiers_of(path) == parts


def test_every_file_of_a_project_that_shapes_the_model_is_tested_as_a_model(
    tiers: ModuleType, rendered: Path
) -> None:
    from trunkline.core.identity import MODEL_INPUTS

    files = [
        path.relative_to(rendered).as_posix()
        for name in MODEL_INPUTS
        for path in ([rendered / name] if (rendered / name).is_file() else (rendered / name).rglob("*"))
        if path.is_file()
    ]
    assert len(files) > 10
    unplaced = [file for file in files if "model" not in tiers.tiers_of(file)]
    assert set(unplaced) == {"requirements/README.md", "vendor/trunkline/README.md"}


def test_every_pattern_names_something_that_a_project_has_or_is_told_to_make(
    tiers: ModuleType, rendered: Path
) -> None:
    made_later = {"data.lock", "docs/"}
    gone = {pattern for pattern, _ in tiers.RULES if not (rendered / pattern).exists()}
    assert gone <= made_later


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("deployments/production.yaml", "production"),
        ("deployments/staging-eu.yaml", "staging-eu"),
        ("deployments/README.md", ""),
        ("deployments/old/production.yaml", ""),
        ("deployments/a b;c.yaml", ""),
        ("deployments/Production.yaml", ""),
        ("other/deployments/production.yaml", ""),
    ],
)
def test_an_environment_is_what_its_file_is_called_if_that_is_a_name(
    tiers: ModuleType, path: str, name: str
) -> None:
    assert tiers.environment_of(path) == name


class Repository:
    """A repository with a base commit on origin/main, in which the script is run."""

    def __init__(self, root: Path, script: Path, git: Git) -> None:
        self.root, self._script, self._git = root, script, git
        self.rows = ""
        """What the last run said of the locked rows."""
        root.mkdir()
        git(root, "init", "--quiet", "--initial-branch=main")
        for name in ("production", "staging"):
            self.write(f"deployments/{name}.yaml", f"environment: {name}\n")
        self.write("src/loans/model.py", "a = 1\n" * 20)
        self.write("docs/how.md", "Like this.\n")
        self.base = self.commit()
        git(root, "update-ref", "refs/remotes/origin/main", self.base)

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self) -> str:
        """Commit everything and return the commit."""
        self._git(self.root, "add", "--all")
        self._git(self.root, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "A change")
        return self._git(self.root, "rev-parse", "HEAD")

    def run(
        self, *arguments: str, output: Path | None = None, more: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        """Run the script as the workflow does."""
        environment = {name: value for name, value in isolated().items() if name != "GITHUB_OUTPUT"}
        return subprocess.run(
            [sys.executable, str(self._script), *arguments],
            cwd=self.root,
            env=environment | ({"GITHUB_OUTPUT": str(output)} if output else {}) | dict(more),
            capture_output=True,
            text=True,
            check=False,
        )

    def parts(self, *arguments: str) -> tuple[set[str], list[str]]:
        """Return the parts that are needed, and the environments."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        found = dict(line.split("=", 1) for line in done.stdout.splitlines())
        environments: list[str] = json.loads(found.pop("environments"))
        assert json.loads(found.pop("reached")) == environments  # no file here names a local target
        self.rows = found.pop("rows")
        assert set(found) == EVERYTHING
        assert set(found.values()) <= {"true", "false"}
        return {name for name, value in found.items() if value == "true"}, environments


@pytest.fixture
def repository_at_work(tmp_path: Path, script: Path, git: Git) -> Repository:
    """A repository with a base commit."""
    return Repository(tmp_path / "loans", script, git)


def test_a_change_of_documentation_needs_nothing(repository_at_work: Repository) -> None:
    repository_at_work.write("docs/how.md", "Like that.\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == (set(), [])


def test_what_several_files_need_adds_up(repository_at_work: Repository) -> None:
    repository_at_work.write("trunkline.yaml", "name: loans\n")
    repository_at_work.write("Dockerfile", "FROM scratch\n")
    repository_at_work.write("deployments/production.yaml", "environment: production\nshare: 0.1\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == ({"model", "image"}, ["production"])


@pytest.mark.parametrize("file", ["Dockerfile", ".dockerignore"])
def test_an_image_needs_a_model_of_this_change_until_something_serves(
    repository_at_work: Repository, git: Git, file: str
) -> None:
    repository_at_work.write(file, "FROM scratch\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == ({"model", "image"}, [])
    git(repository_at_work.root, "switch", "--quiet", "--detach", repository_at_work.base)
    repository_at_work.write("deployments/production.yaml", "champion:\n  bundle: sha256:5\n")
    served = repository_at_work.commit()
    git(repository_at_work.root, "update-ref", "refs/remotes/origin/main", served)
    repository_at_work.write(file, "FROM scratch\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == ({"image"}, [])


@pytest.mark.parametrize(
    ("lock", "rows"),
    [
        ('{"sources": {"source": 0, "traffic": 700}}', "live"),
        ('{"sources": {"source": 700, "traffic": 0}}', ""),
        ('{"sources": {"source": 700}}', ""),
        ('{"sources": []}', ""),
        ("no json", ""),
    ],
)
def test_rows_that_are_answers_of_production_are_told_from_those_that_anyone_can_have(
    repository_at_work: Repository, lock: str, rows: str
) -> None:
    repository_at_work.parts()
    assert repository_at_work.rows == ""
    repository_at_work.write("data.lock", lock)
    repository_at_work.commit()
    repository_at_work.parts()
    assert repository_at_work.rows == rows


@pytest.mark.parametrize(
    ("policy", "rows"),
    [
        ("data: {minimum_rows: 300, rows: main}\n", "main"),
        ('data:\n  rows: "main"\n', "main"),
        ("data:\n  rows: repository\n  # rows: main\n", "live"),
        ("retraining: {rows: 700}\n", "live"),
        ("data: {rows: environment}\n", "main"),  # nobody can be asked: this is no pull request of a person
        ('description: "rows: main"\ndata: {rows: repository}\n', "live"),
        ('data: {note: "seen, rows: main"}\nlater:\n  rows: main\n', "live"),
        ("data: {rows: repository} # {rows: main}\nmore: {rows: main}\n", "live"),
        ("# what\ndata: # where\n\n  minimum_rows: 300\n  # here\n  rows: main # alone\n", "main"),
    ],
)
def test_rows_that_are_read_on_main_alone_are_told_from_the_policy_that_main_holds(
    repository_at_work: Repository, git: Git, policy: str, rows: str
) -> None:
    repository_at_work.write("data.lock", '{"sources": {"traffic": 700}}')
    repository_at_work.write("trunkline.yaml", "data: {rows: main}\n")
    repository_at_work.commit()
    repository_at_work.parts()
    assert repository_at_work.rows == "live", "a change says of itself that no gate is asked"
    repository_at_work.write("trunkline.yaml", policy)
    git(repository_at_work.root, "update-ref", "refs/remotes/origin/main", repository_at_work.commit())
    repository_at_work.write("trunkline.yaml", "data: {rows: repository}\n")
    repository_at_work.write("Dockerfile", "FROM scratch\n")
    repository_at_work.commit()
    parts, _ = repository_at_work.parts()
    assert repository_at_work.rows == rows
    # Nothing serves yet: the model that would be in the image is trained after the merge.
    assert ("image" in parts) == (rows != "main")


def test_code_that_is_renamed_into_the_documentation_was_code(
    repository_at_work: Repository, git: Git
) -> None:
    git(repository_at_work.root, "mv", "src/loans/model.py", "docs/model.md")
    repository_at_work.commit()
    assert repository_at_work.parts() == (EVERYTHING, [])


def test_a_file_whose_name_needs_quoting_is_placed_all_the_same(repository_at_work: Repository) -> None:
    repository_at_work.write('docs/Größe "of" a\nthing.txt', "1\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == (set(), [])


def test_an_environment_that_was_deleted_is_not_deployed(repository_at_work: Repository) -> None:
    (repository_at_work.root / "deployments/staging.yaml").unlink()
    repository_at_work.write("deployments/production.yaml", "environment: production\nshare: 0.1\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == (set(), ["production"])


def test_what_main_got_meanwhile_is_no_part_of_the_change(repository_at_work: Repository, git: Git) -> None:
    git(repository_at_work.root, "switch", "--quiet", "--create", "docs/better")
    repository_at_work.write("docs/how.md", "Like that.\n")
    repository_at_work.commit()
    git(repository_at_work.root, "switch", "--quiet", "main")
    repository_at_work.write("src/loans/model.py", "b = 2\n")
    git(repository_at_work.root, "update-ref", "refs/remotes/origin/main", repository_at_work.commit())
    git(repository_at_work.root, "switch", "--quiet", "docs/better")
    assert repository_at_work.parts() == (set(), [])


def test_a_run_on_main_itself_needs_everything_and_production_comes_last(
    repository_at_work: Repository,
) -> None:
    repository_at_work.write("deployments/zone-b.yaml", "environment: zone-b\n")
    git_main = repository_at_work.commit()
    (repository_at_work.root / ".git/refs/remotes/origin/main").write_text(f"{git_main}\n", encoding="utf-8")
    assert repository_at_work.parts() == (EVERYTHING, ["staging", "zone-b", "production"])


@pytest.mark.parametrize(
    ("target", "here"),
    [
        ("kind: local\n  host: 10.0.0.1", True),
        ("kind: container\n  port: 8080", True),
        ('kind: container\n  host: ""', True),
        ("kind: container\n  host: deploy@production.test", False),
        ("kind: ecs", False),
    ],
)
def test_a_container_on_another_machine_is_reached_from_everywhere(
    tiers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, here: bool
) -> None:
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments/production.yaml").write_text(f"target:\n  {target}\n")
    monkeypatch.chdir(tmp_path)
    assert tiers.is_local("production") is here


@pytest.mark.parametrize(
    ("runner", "reached", "says"),
    [
        ("machine", ["staging", "production"], False),
        ("", ["staging"], True),
        (None, ["staging"], False),  # ci.yml deploys nothing, and asks for no machine
    ],
)
def test_a_local_target_is_reached_from_its_own_machine_alone_and_the_page_says_why_not(
    repository_at_work: Repository, tmp_path: Path, runner: str | None, reached: list[str], says: bool
) -> None:
    repository_at_work.write(
        "deployments/production.yaml", "environment: production\ntarget:\n  kind: local\n  port: 8080\n"
    )
    repository_at_work.write("deployments/staging.yaml", "environment: staging\ntarget:\n  kind: locally\n")
    repository_at_work.commit()
    summary = tmp_path / "summary"
    given = {"GITHUB_STEP_SUMMARY": str(summary)} | ({} if runner is None else {"TRUNKLINE_RUNNER": runner})
    done = repository_at_work.run(more=given)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert json.loads(found["environments"]) == ["staging", "production"]
    assert json.loads(found["reached"]) == reached
    assert summary.is_file() is says
    if says:
        said = summary.read_text(encoding="utf-8")
        assert "Nothing is applied to production: " in said
        assert "Set the repository variable TRUNKLINE_RUNNER" in said


@pytest.mark.parametrize(
    ("owners", "warns"),
    [
        (None, True),
        ("# * @acme/ml\n", True),
        ("/src/ @acme/ml\n", True),
        ("*\n", True),
        ("* # nobody\n", True),
        ("# Who approves.\n* @acme/ml\n", False),
    ],
)
def test_while_nobody_owns_every_file_each_run_says_so(
    repository_at_work: Repository, owners: str | None, warns: bool
) -> None:
    if owners is not None:
        repository_at_work.write(".github/CODEOWNERS", owners)
        repository_at_work.commit()
    assert ("::warning" in repository_at_work.run().stderr) is warns


def test_where_there_is_no_main_to_compare_with_git_says_so(repository_at_work: Repository, git: Git) -> None:
    git(repository_at_work.root, "update-ref", "-d", "refs/remotes/origin/main")
    done = repository_at_work.run()
    assert done.returncode == 1
    assert "origin/main" in done.stderr


def test_a_workflow_gets_the_same_lines_behind_what_it_has(
    repository_at_work: Repository, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    output.write_text("before=1\n", encoding="utf-8")
    done = repository_at_work.run(output=output)
    assert output.read_text(encoding="utf-8") == "before=1\n" + done.stdout


@pytest.mark.parametrize("name", ["x\ncode=false\n", "$(touch stolen)", "-x", "Production"])
def test_a_file_with_a_strange_name_is_no_environment(repository_at_work: Repository, name: str) -> None:
    repository_at_work.write(f"deployments/{name}.yaml", "environment: x\n")
    repository_at_work.commit()
    assert repository_at_work.parts() == (set(), [])


def test_a_tag_that_is_called_like_main_hides_no_change(repository_at_work: Repository, git: Git) -> None:
    repository_at_work.write("src/loans/model.py", "# another\n")
    git(repository_at_work.root, "tag", "origin/main", repository_at_work.commit())
    repository_at_work.write("docs/how.md", "how\n")
    repository_at_work.commit()
    assert repository_at_work.parts()[0] == {"code", "model", "image"}


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("ghcr.io", True),
        ("containers.git.corp", True),
        ("evil.example", False),
        ("evil-git.corp", False),
        ("x.git.corp/evil", False),
        ("evil.example/x.git.corp", False),
        ("ghcr.io.evil", False),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", True),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil", False),
        ("evil.amazonaws.com", False),
    ],
)
def test_the_workflows_own_token_goes_to_a_registry_of_githubs_alone(
    script: Path, host: str, taken: bool
) -> None:
    done = subprocess.run(
        [sys.executable, str(script.with_name("registry.py")), host],
        env=isolated() | {"GITHUB_SERVER_URL": "https://git.corp"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == taken
    assert (host in done.stderr) != taken


@pytest.mark.parametrize(
    ("head", "user", "rows"),
    [
        ("owner/name", "User", "environment"),
        ("owner/name", "Bot", "main"),
        ("stranger/name", "User", "main"),
        (None, "User", "main"),
    ],
)
def test_only_a_persons_own_pull_request_may_ask_for_the_rows_of_the_environment(
    repository_at_work: Repository,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    head: str | None,
    user: str,
    rows: str,
) -> None:
    repository_at_work.write("trunkline.yaml", "data:\n  environment: [WORD]\n  rows: 'environment'\n")
    git(repository_at_work.root, "update-ref", "refs/remotes/origin/main", repository_at_work.commit())
    repository = {"full_name": head} if head else None  # a fork that is gone
    pull = {"head": {"repo": repository}, "user": {"type": user}}
    event = repository_at_work.root.parent / "event.json"
    event.write_text(json.dumps({"pull_request": pull, "repository": {"full_name": "owner/name"}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    repository_at_work.write("src/model.py", "")
    repository_at_work.commit()
    repository_at_work.parts()
    assert repository_at_work.rows == rows
