"""Installations are copied from a real environment's packages: only what is locked, only as it was installed."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from pathlib import Path

import importlib_metadata  # noqa: F401  # as MLflow does: it then answers for the standard library
import pytest

from trunkline.core.errors import ProjectError
from trunkline.delivery.installation import Installations, interpreter_of

ENTRY = 'WORD = "as installed"\n'


def install(site: Path, name: str, version: str, content: str = ENTRY) -> Path:
    """Lay a package into a folder as an installer does, and return its module."""
    module = site / f"{name}.py"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(content)
    facts = site / f"{name}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")
    compiled = f"__pycache__/{name}.cpython-311.pyc,,\n../../../bin/{name},sha256=x,1\n"
    (facts / "RECORD").write_text(
        f"{name}.py,sha256={digest},{len(content)}\n{facts.name}/RECORD,,\n{compiled}"
    )
    return module


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that this process imports from: `innocent` is locked, `stranger` is not."""
    folder = tmp_path / "site"
    install(folder, "innocent", "1.0")
    install(folder, "stranger", "1.0")
    (folder / "left_behind.pth").write_text("import os; os.environ['OWNED'] = 'yes'\n")
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def made(tmp_path: Path, site: Path) -> Installations:
    """Installations of a project that locks one package."""
    locks = tmp_path / "requirements"
    locks.mkdir()
    (locks / "serve.txt").write_text(
        "innocent==1.0 \\\n    --hash=sha256:00\nwindows==3 ; sys_platform == 'win32'\n"
    )
    (locks / "train.txt").write_text("innocent==1.0\nstranger==1.0\n")
    return Installations(
        tmp_path / "installed", locks, tried={False: "import innocent", True: "import innocent, stranger"}
    )


def says(folder: Path, code: str) -> str:
    """Return what an installation's interpreter prints."""
    done = subprocess.run(
        [str(interpreter_of(folder)), "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_holds_what_is_locked_and_the_toolkit_and_nothing_else(made: Installations) -> None:
    folder = made.bring(made.wanted(training=False))
    import_stranger = "import importlib.util as u; print(u.find_spec('stranger'))"
    assert says(folder, "import innocent; print(innocent.WORD)") == "as installed"
    assert says(folder, "import trunkline; print(trunkline.__file__)").startswith(str(folder))
    assert says(folder, import_stranger) == "None"
    assert says(folder, "import os; print(os.environ.get('OWNED'))") == "None"
    assert list(folder.rglob("*.pth")) == []
    trained = made.bring(made.wanted(training=True))
    assert trained != folder
    assert says(trained, "import stranger; print(stranger.WORD)") == "as installed"


def test_what_changes_in_the_environment_later_does_not_reach_it(made: Installations, site: Path) -> None:
    wanted = made.wanted(training=False)
    folder = made.bring(wanted)
    with (site / "innocent.py").open("a") as stream:  # in place, as an editor may do it
        stream.write("raise SystemExit('broken')\n")
    assert says(folder, "import innocent; print(innocent.WORD)") == "as installed"
    assert made.bring(wanted) == folder  # shared: nothing is copied again


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_file_that_is_not_what_was_installed_is_refused(
    made: Installations, site: Path, damage: str
) -> None:
    module = site / "innocent.py"
    if damage == "changed":
        module.write_text("import os\n" + ENTRY)
    else:
        module.unlink()
    wanted = made.wanted(training=False)
    with pytest.raises(ProjectError, match=r"innocent\.py"):
        made.bring(wanted)
    assert not made.path(wanted.digest).exists()


def test_another_version_than_the_lock_names_is_refused(made: Installations, site: Path) -> None:
    (made.locks / "serve.txt").write_text("innocent==2.0\n")
    with pytest.raises(ProjectError, match=r"innocent 2\.0 is locked, 1\.0 is installed"):
        made.wanted(training=False)
    (made.locks / "serve.txt").write_text("missing==2.0\n")
    with pytest.raises(ProjectError, match="nothing is installed"):
        made.wanted(training=False)


def test_what_does_not_start_is_never_used(made: Installations, site: Path) -> None:
    locks = Installations(made.root, made.locks, tried={False: "import stranger"})
    wanted = locks.wanted(training=False)
    with pytest.raises(ProjectError, match="stranger"):
        locks.bring(wanted)
    assert not locks.path(wanted.digest).exists()


def test_another_package_or_toolkit_is_another_installation_and_says_which(
    made: Installations, tmp_path: Path
) -> None:
    before = made.wanted(training=False)
    (made.locks / "serve.txt").write_text("innocent==1.0\nstranger==1.0\n")
    after = made.wanted(training=False)
    assert after.digest != before.digest
    assert before.change_to(after) == "stranger none becomes 1.0"


def test_only_what_serves_or_was_asked_for_lately_stays(made: Installations) -> None:
    one, two = (made.wanted(training=training) for training in (False, True))
    folders = [made.bring(one), made.bring(two)]
    made.prune([])
    assert [folder.is_dir() for folder in folders] == [True, True]
    now = Installations(made.root, made.locks, unused_s=0, tried=made.tried)
    now.prune([two.digest])
    assert [folder.is_dir() for folder in folders] == [False, True]
    assert os.access(interpreter_of(folders[1]), os.X_OK)
