from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import ProjectError
from trunkline.core.project import Project
from trunkline.training import key_parts, training_key

SNAPSHOT = "sha256:" + "1" * 64
POLICY = "name: loans\npackage: loans\ntraining:\n  search:\n    iterations: 4\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a policy, a package, a lock and the toolkit's source."""
    (tmp_path / "src" / "loans").mkdir(parents=True)
    (tmp_path / "src" / "loans" / "model.py").write_text("A = 1\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "train.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "vendor/trunkline/src/trunkline").mkdir(parents=True)
    (tmp_path / "vendor/trunkline/src/trunkline/fit.py").write_text("A = 1\n")
    (tmp_path / "trunkline.yaml").write_text(POLICY)
    return Project(tmp_path)


def test_an_unchanged_project_keeps_its_key(project: Project) -> None:
    (project.root / "README.md").write_text("New words.\n")
    assert training_key(project, SNAPSHOT) == training_key(Project(project.root), SNAPSHOT)
    assert key_parts(project, SNAPSHOT).key == training_key(project, SNAPSHOT)


@pytest.mark.parametrize(
    ("path", "content", "part"),
    [
        ("src/loans/model.py", "A = 2\n", "code"),
        ("src/loans/more.py", "", "code"),
        ("requirements/train.txt", "numpy==2.4.7\n", "lock"),
        ("trunkline.yaml", POLICY.replace("4", "5"), "policy"),
        ("vendor/trunkline/src/trunkline/fit.py", "A = 2\n", "toolkit"),
    ],
)
def test_what_the_model_follows_from_changes_the_key_and_its_part(
    project: Project, path: str, content: str, part: str
) -> None:
    before = key_parts(project, SNAPSHOT)
    (project.root / path).write_text(content)
    after = key_parts(Project(project.root), SNAPSHOT)
    assert after.key != before.key
    changed = {name for name, value in after.to_dict().items() if value != before.to_dict()[name]}
    assert changed == {part}


def test_another_snapshot_is_another_key(project: Project) -> None:
    assert training_key(project, SNAPSHOT) != training_key(project, "sha256:" + "2" * 64)


@pytest.mark.parametrize(
    "read",
    [
        "import os\nA = os.environ['FLAVOUR']\n",
        "from os import environ as here\nA = here['FLAVOUR']\n",
        "import os\nhere = os.environ\nA = here.get('FLAVOUR')\n",
        "from os import getenv as ask\nA = ask('FLAVOUR', 'a')\n",
        "import os\nNAME = 'FLAVOUR'\nA = NAME in os.environ\n",
    ],
)
def test_a_variable_is_in_the_key_however_the_code_reads_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    (project.root / "src/loans/settings.py").write_text(read)
    (project.root / "src/loans/model.py").write_text("from .settings import A\n")
    plain = training_key(project, SNAPSHOT)
    monkeypatch.setenv("FLAVOUR", "b")
    assert training_key(project, SNAPSHOT) != plain


def test_a_variable_by_a_name_that_the_source_does_not_say_must_be_declared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = "import os\ndef setting(name):\n    return os.environ.get(name)\nA = setting('FLAVOUR')\n"
    (project.root / "src/loans/model.py").write_text(read)
    with pytest.raises(ProjectError, match=r"src/loans/model\.py") as caught:
        training_key(project, SNAPSHOT)
    assert "training.environment" in caught.value.next_step
    (project.root / "trunkline.yaml").write_text(POLICY + "  environment: [FLAVOUR]\n")
    plain = training_key(Project(project.root), SNAPSHOT)
    monkeypatch.setenv("FLAVOUR", "b")
    assert training_key(Project(project.root), SNAPSHOT) != plain


def test_a_variable_that_the_code_sets_is_none_that_it_reads(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "src/loans/model.py").write_text("import os\nos.environ['QUIET'] = '1'\n")
    plain = training_key(project, SNAPSHOT)
    monkeypatch.setenv("QUIET", "1")
    assert training_key(project, SNAPSHOT) == plain
