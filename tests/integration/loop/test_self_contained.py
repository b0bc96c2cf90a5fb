"""A bundle holds all that it needs, and its training key covers all that it came from."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import BundleError, ExportError, ProjectError
from trunkline.core.project import Project
from trunkline.loop.model import snapshots
from trunkline.loop.model import training as model_training
from trunkline.loop.model.answers import opened
from trunkline.loop.model.training import train
from trunkline.training import training_key

Git = Callable[..., str]
HEAD = """
import os
import sqlite3
from importlib import resources
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from trunkline.training import Candidate

HERE = Path(__file__).parent
"""
MODEL = (
    HEAD
    + """
class Brought(ClassifierMixin, BaseEstimator):
    def __init__(self, place=""):
        self.place = place

    def fit(self, X, y):
        self.classes_ = np.array(["no", "yes"], dtype=object)
        return self

    def _sign(self, X):
        {read}

    def predict_proba(self, X):
        score = 1 / (1 + np.exp(-float(self._sign(X)) * X[:, -1]))
        return np.column_stack([1 - score, score])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(1)]

def candidates():
    return [Candidate("brought", Brought({place}))]
"""
)
BESIDE = "(HERE / 'sign.txt').read_text()"
EVERY_WAY = " + ".join(
    f"float({read})"
    for read in (
        BESIDE,
        "(HERE / 'weights' / 'deep' / 'sign.txt').read_text()",
        "resources.files(__package__).joinpath('sign.txt').read_text()",
        "sqlite3.connect(HERE / 'sign.db').execute('SELECT sign FROM signs').fetchone()[0]",
    )
)
"""Beside the code, in a folder of the package, as a resource, and by a library of its own."""


def say(_: str) -> None:
    """Keep quiet."""


def write_model(project: Project, read: str, place: str = "") -> None:
    """Make the project's model one that reads a file when it answers."""
    text = MODEL.replace("{read}", read).replace("{place}", place)
    (project.root / "src/loans/model.py").write_text(text, encoding="utf-8")


def write_sign(project: Project, sign: str) -> None:
    """Write the files that the models read, in every place in which one looks."""
    package = project.root / "src/loans"
    (package / "weights/deep").mkdir(parents=True, exist_ok=True)
    for path in (package / "sign.txt", package / "weights/deep/sign.txt", project.root / "sign.txt"):
        path.write_text(sign, encoding="utf-8")
    (package / "sign.db").unlink(missing_ok=True)
    with sqlite3.connect(package / "sign.db") as database:
        database.execute("CREATE TABLE signs (sign)")
        database.execute("INSERT INTO signs VALUES (?)", (sign,))
    database.close()


def first_answer(project: Project) -> tuple[str, float]:
    """Train, and return the bundle's digest and its probability of a yes for one row, with no project around it."""
    bundle, _, _ = train(project, progress=say)
    moved = project.root.parent / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    shutil.copytree(bundle.folder, moved)
    with opened(type(bundle)(moved, bundle.manifest, bundle.digest, bundle.contract)) as model:
        answers = model.predict({"income": [120.0], "region": ["north"]})
    assert answers.probabilities is not None
    return bundle.digest, float(answers.probabilities[0, 1])


@pytest.fixture
def locked(project: Project, git: Git, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose data are locked, and whose runs nobody tracks."""
    monkeypatch.setattr(model_training, "track", lambda *_, **__: "")
    write_sign(project, "1")
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Lock the data")
    return project


def test_a_model_file_in_the_package_travels_and_another_one_is_another_bundle(locked: Project) -> None:
    write_model(locked, f"return {EVERY_WAY}")
    digest, chance = first_answer(locked)
    assert chance > 0.5
    write_sign(locked, "-1")
    other, opposite = first_answer(locked)
    assert digest != other
    assert opposite < 0.5


def test_a_linked_file_travels_as_what_it_leads_to(locked: Project, tmp_path: Path) -> None:
    package = locked.root / "src/loans"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "sign.txt").write_text("1")
    (package / "linked").symlink_to(tmp_path / "elsewhere")
    write_model(locked, "return (HERE / 'linked' / 'sign.txt').read_text()")
    digest, chance = first_answer(locked)
    (tmp_path / "elsewhere" / "sign.txt").write_text("-1")
    other, opposite = first_answer(locked)
    assert (digest != other, chance > 0.5, opposite < 0.5) == (True, True, True)
    assert locked.commit().endswith("+dirty"), "git holds the link, not what it leads to"


ELSEWHERE = {
    "Python": "return Path({path!r}).read_text()",
    "a library of its own": "return sqlite3.connect({path!r}).execute('SELECT sign FROM signs').fetchone()[0]",
}


@pytest.mark.parametrize(
    ("where", "by"), [("in the project", "Python"), ("anywhere", "a library of its own")]
)
def test_a_file_elsewhere_is_refused_by_name(locked: Project, tmp_path: Path, by: str, where: str) -> None:
    read = ELSEWHERE[by]
    folder = locked.root / "models" if where == "in the project" else tmp_path / "anywhere"
    shutil.copytree(locked.root / "src/loans", folder)
    path = folder / ("sign.db" if "sqlite3" in read else "sign.txt")
    write_model(locked, read.format(path=str(path)))
    with pytest.raises(ExportError, match=path.name) as caught:
        train(locked, progress=say)
    assert "package" in caught.value.next_step
    assert list(locked.bundles.root.glob("[0-9a-f]*")) == []


def test_a_variable_of_the_environment_is_refused_by_name(
    locked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAVOUR", "1")
    write_model(locked, "return os.getenv('FLAVOUR', '-1')")
    with pytest.raises(ExportError, match="FLAVOUR") as caught:
        train(locked, progress=say)
    assert "variables" in caught.value.next_step
    assert "into the package" in caught.value.next_step


def test_a_path_that_is_kept_in_the_fitted_state_is_refused(locked: Project) -> None:
    write_model(locked, "return Path(self.place).read_text()", "str(HERE / 'sign.txt')")
    with pytest.raises(ExportError, match=r"src/loans/sign\.txt"):
        train(locked, progress=say)


def test_a_fitted_state_that_cannot_be_written_is_refused(locked: Project) -> None:
    write_model(locked, "return 1")
    path = locked.root / "src/loans/model.py"
    opening = "self.session_ = __import__('onnxruntime').SessionOptions()\n        return self"
    path.write_text(path.read_text().replace("return self\n", f"{opening}\n", 1))
    with pytest.raises(ExportError, match="SessionOptions"):
        train(locked, progress=say)


def test_a_file_that_appears_after_the_bundle_was_sealed_changes_no_answer(
    locked: Project, tmp_path: Path
) -> None:
    later = tmp_path / "later.txt"
    write_model(locked, f"return Path({str(later)!r}).read_text() if Path({str(later)!r}).exists() else 1")
    bundle, _, _ = train(locked, progress=say)
    later.write_text("-1")
    with opened(bundle) as model, pytest.raises(BundleError, match=r"later\.txt"):
        model.predict({"income": [120.0], "region": ["north"]})


def test_a_module_beside_the_package_is_refused_before_anything_is_trained(locked: Project) -> None:
    (locked.root / "src/helping.py").write_text("FACTOR = 2\n")
    path = locked.root / "src/loans/features.py"
    path.write_text("import helping\n" + path.read_text())
    with pytest.raises(ProjectError, match=r"src/helping\.py") as caught:
        train(locked, progress=say)
    assert "src/loans" in caught.value.next_step


READING = """
from pathlib import Path
import numpy as np
WANTED = Path(__file__).parents[2] / "wanted.txt"
"""


def test_a_file_that_training_reads_is_declared_and_then_part_of_the_key(locked: Project) -> None:
    path = locked.root / "src/loans/features.py"
    plain = path.read_text()
    path.write_text(
        READING
        + plain.replace("return Col", "chosen = WANTED.read_text().split()\n    return Col").replace(
            '["income"]', "chosen"
        )
    )
    (locked.root / "wanted.txt").write_text("income")
    os.utime(locked.root / "wanted.txt", (1, 1))
    with pytest.raises(ProjectError, match=r"wanted\.txt") as caught:
        train(locked, progress=say)
    assert "training.files" in caught.value.next_step
    policy = locked.root / "trunkline.yaml"
    policy.write_text(policy.read_text().replace("\ntraining: {", "\ntraining: {files: [wanted.txt], "))
    declared = Project(locked.root)
    bundle, _, _ = train(declared, progress=say)
    assert bundle.manifest.runtime == "onnx"
    assert declared.commit().endswith("+dirty")
    before = training_key(declared, "sha256:0")
    (locked.root / "wanted.txt").write_text("income income")
    assert training_key(declared, "sha256:0") != before


def test_a_variable_that_chooses_the_model_is_part_of_the_key(
    locked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = locked.root / "src/loans/model.py"
    path.write_text(
        "import os\n" + path.read_text().replace("[0.1, 1.0]", 'eval(os.environ.get("CHOICE", "[0.1]"))')
    )
    plain = training_key(locked, "sha256:0")
    monkeypatch.setenv("CHOICE", "[2.0]")
    assert training_key(locked, "sha256:0") != plain
    monkeypatch.setenv("ANOTHER", "1")
    chosen = training_key(locked, "sha256:0")
    monkeypatch.delenv("CHOICE")
    assert (training_key(locked, "sha256:0"), chosen != plain) == (plain, True)


def test_a_project_that_changes_while_it_trains_seals_nothing(locked: Project) -> None:
    path = locked.root / "src/loans/model.py"

    def edit(line: str) -> None:
        if "is best" in line:
            path.write_text(path.read_text() + "# later\n")

    with pytest.raises(ProjectError, match="while"):
        train(locked, progress=edit)
    assert list(locked.bundles.root.glob("[0-9a-f]*")) == []


def test_every_file_of_the_package_is_in_the_bundle_and_none_that_was_compiled(locked: Project) -> None:
    write_model(locked, f"return {BESIDE}")
    bundle, _, _ = train(locked, progress=say)
    names = {
        path.relative_to(bundle.folder).as_posix() for path in bundle.folder.rglob("*") if path.is_file()
    }
    assert {"code/loans/sign.txt", "code/loans/weights/deep/sign.txt", "code/loans/sign.db"} <= names
    assert not any("__pycache__" in name for name in names)
