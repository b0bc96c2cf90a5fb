"""The store in a git ref, with a real bare origin, real clones and a real embedded MLflow store."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.bundle import Bundle, BundleStore
from trunkline.core.errors import ForgeError, StorageError, UnavailableError
from trunkline.registry import REF, GitStore, Registry
from trunkline.registry.store_ref import StoreRef

MakeBundle = Callable[[str], Bundle]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Machine:
    """A clone with a store of its own, as a runner or a laptop has it."""

    def __init__(self, root: Path, template: Path, limit_mb: int = 500) -> None:
        self.root = root
        self.folder = root / ".trunkline"
        self.template = template
        self.store = GitStore(root, self.folder, limit_mb=limit_mb)

    @property
    def registry(self) -> Registry:
        return Registry(f"sqlite:///{self.folder / 'mlflow.db'}", "loans")

    def register(self, bundle: Bundle, run: str = "") -> int:
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / "mlflow.db").exists():
            shutil.copy(self.template, self.folder / "mlflow.db")  # MLflow needs seconds to make one
        return self.registry.register(bundle, run=run).number

    def release(self, bundle: Bundle) -> int:
        expected = self.store.pull()
        self.store.begin()
        number = self.register(bundle)
        assert self.store.push(expected=expected)
        return number

    def numbers(self) -> dict[str, str]:
        return self.store.versions()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("template") / "mlflow.db"
    assert Registry(f"sqlite:///{database}", "loans").versions() == ()
    return database


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    bare, work = tmp_path / "origin.git", tmp_path / "first"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "clone", "--quiet", str(bare), str(work))
    (work / "README.md").write_text("a project\n")
    git(work, "add", "--all")
    git(
        work,
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@localhost",
        "commit",
        "--quiet",
        "-m",
        "First commit",
    )
    git(work, "push", "--quiet", "origin", "HEAD:main")
    return bare


@pytest.fixture
def machine(tmp_path: Path, origin: Path, empty_store: Path) -> Callable[..., Machine]:
    def make(name: str, *flags: str, limit_mb: int = 500) -> Machine:
        git(tmp_path, "clone", "--quiet", *flags, f"file://{origin}", str(tmp_path / name))
        return Machine(tmp_path / name, empty_store, limit_mb)

    return make


def test_a_remote_without_the_ref_is_an_empty_store(machine: Callable[..., Machine]) -> None:
    a = machine("a")

    assert a.store.pull() == ""
    assert a.store.push(expected="")
    assert a.store.status().commit == ""
    assert not (a.folder / "mlflow.db").exists()


def test_a_ref_whose_name_only_ends_as_the_stores_does_is_no_store(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    git(tmp_path, "clone", "--quiet", "origin.git", "clone")
    who = ("-c", "user.name=Eve", "-c", "user.email=eve@localhost")
    git(tmp_path / "clone", *who, "commit", "--quiet", "--allow-empty", "--message", "Another store")
    git(tmp_path / "clone", "push", "--quiet", "origin", f"HEAD:refs/a/{REF}")
    assert StoreRef(tmp_path / "clone").tip() == ""


def test_a_version_that_one_machine_carried_is_opened_on_another(
    machine: Callable[..., Machine], bundle: MakeBundle, tmp_path: Path
) -> None:
    a, b = machine("a"), machine("b")
    sealed = bundle("one")
    a.release(sealed)

    b.store.pull()

    version = b.registry.by_number(1)
    fetched = b.registry.fetch(version, BundleStore(tmp_path / "bundles"))
    assert fetched.digest == sealed.digest
    places = sqlite3.connect(b.folder / "mlflow.db").execute("SELECT source FROM model_versions").fetchall()
    assert [place for (place,) in places if not place.startswith(b.folder.as_uri())] == []


def test_the_commit_has_no_parent_and_nothing_of_the_machine(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a = machine("a")
    a.release(bundle("one"))
    a.release(bundle("two"))

    assert git(origin, "rev-list", "--count", REF) == "1"
    content = subprocess.run(
        ["git", "show", f"{REF}:mlflow.db"], cwd=origin, check=True, capture_output=True
    ).stdout
    assert content.startswith(b"SQLite format 3")
    assert str(a.root).encode() not in content
    assert str(Path.cwd()).encode() not in content


def test_what_did_not_change_is_not_pushed(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a, b = machine("a"), machine("b")
    a.release(bundle("one"))
    commit = git(origin, "rev-parse", REF)
    (origin / "hooks").mkdir(exist_ok=True)
    hook = origin / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    assert a.store.push(expected=a.store.pull())
    assert b.store.push(expected=b.store.pull())
    assert git(origin, "rev-parse", REF) == commit


def test_who_was_overtaken_is_told_and_converges_on_the_next_number(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a, b = machine("a"), machine("b")
    one, two = bundle("one"), bundle("two")
    expected = a.store.pull()
    a.store.begin()
    assert a.register(one) == 1
    b.release(two)

    assert not a.store.push(expected=expected)
    expected = a.store.pull()
    a.store.begin()
    assert a.register(one) == 2
    assert a.store.push(expected=expected)

    b.store.pull()
    assert b.numbers() == {"loans/1": two.digest, "loans/2": one.digest}
    assert a.numbers() == b.numbers()


def test_a_run_that_was_killed_before_the_push_is_completed_without_a_second_version(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a = machine("a")
    one = bundle("one")
    a.store.pull()
    a.store.begin()
    a.register(one)
    again = Machine(a.root, a.template)  # a new process knows only what is on disk

    assert again.release(one) == 1

    assert again.numbers() == {"loans/1": one.digest}
    assert '"loans/1"' in git(origin, "show", f"{REF}:store.json")


def test_a_killed_run_whose_number_another_took_meanwhile_registers_under_the_next(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a, b = machine("a"), machine("b")
    one, two = bundle("one"), bundle("two")
    a.store.pull()
    a.store.begin()
    a.register(one)
    b.release(two)

    assert Machine(a.root, a.template).release(one) == 2

    assert a.numbers() == {"loans/1": two.digest, "loans/2": one.digest}


def test_versions_of_a_machine_that_never_carried_become_the_first_store(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    laptop, b = machine("a"), machine("b")
    laptop.register(bundle("one"))
    laptop.register(bundle("two"))

    assert laptop.store.push(expected=laptop.store.pull())

    b.store.pull()
    assert b.numbers() == laptop.numbers()
    assert len(b.numbers()) == 2


def test_versions_that_would_be_lost_stop_the_pull_and_are_named(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    laptop, b = machine("a"), machine("b")
    mine, theirs = bundle("mine"), bundle("theirs")
    laptop.register(mine)
    b.release(theirs)

    with pytest.raises(StorageError) as refused:
        laptop.store.pull()

    assert f"loans version 1 ({mine.digest[7:19]})" in refused.value.what
    assert "pull --replace" in refused.value.next_step
    assert "push --replace" in refused.value.next_step
    assert laptop.numbers() == {"loans/1": mine.digest}
    assert laptop.store.status().own == {"loans/1": mine.digest}
    assert laptop.store.status().missing == {"loans/1": theirs.digest}


def test_pull_with_replace_takes_the_refs_versions_and_keeps_the_runs_here(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    laptop, b = machine("a"), machine("b")
    mine, theirs = bundle("mine"), bundle("theirs")
    laptop.register(mine)
    run = laptop.registry.by_number(1).run
    b.release(theirs)

    laptop.store.pull(replace=True)

    assert laptop.numbers() == {"loans/1": theirs.digest}
    assert laptop.register(mine, run) == 2
    assert laptop.registry.by_number(2).run == run


def test_push_with_replace_puts_this_store_in_the_place_of_the_refs(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    laptop, b = machine("a"), machine("b")
    mine, theirs = bundle("mine"), bundle("theirs")
    laptop.register(mine)
    b.release(theirs)

    assert "loans version 1" in laptop.store.given_up(laptop.store.tip())
    assert laptop.store.push(expected=laptop.store.tip(), replace=True)

    b.store.pull()  # what b had was carried, and given up by somebody who was asked
    assert b.numbers() == {"loans/1": mine.digest}


def test_a_shallow_clone_reads_and_writes(machine: Callable[..., Machine], bundle: MakeBundle) -> None:
    a, runner = machine("a"), machine("runner", "--depth=1", "--single-branch")
    one, two = bundle("one"), bundle("two")
    a.release(one)

    assert runner.release(two) == 2

    a.store.pull()
    assert a.numbers() == {"loans/1": one.digest, "loans/2": two.digest}
    assert git(runner.root, "rev-parse", "--is-shallow-repository") in ("true", "false")


def test_a_folder_that_outlives_its_clone_is_carried_from_the_next(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a, later = machine("a"), machine("later")
    a.release(bundle("one"))
    later.folder = a.folder
    later.store = GitStore(later.root, a.folder, limit_mb=500)

    assert later.release(bundle("two")) == 2
    assert len(machine("b").numbers() | later.numbers()) == 2


def test_a_store_over_the_limit_is_refused_and_stays_here(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a = machine("a", limit_mb=1)
    large = bundle("x" * 200)
    a.register(large)
    run = a.registry.by_number(1).run
    (a.folder / "mlartifacts/loans" / run / "artifacts/bundle/weights.bin").write_bytes(bytes(1_000_000))

    with pytest.raises(StorageError) as refused:
        a.store.push(expected=a.store.pull())

    assert "store_limit_mb is 1" in refused.value.what
    assert "MLFLOW_TRACKING_URI" in refused.value.next_step
    assert a.numbers() == {"loans/1": large.digest}
    assert git(origin, "for-each-ref", REF) == ""


@pytest.mark.parametrize("name", ["README.md", "mlflow.db"])
def test_a_ref_that_somebody_else_uses_is_refused(
    machine: Callable[..., Machine], bundle: MakeBundle, name: str
) -> None:
    a = machine("a")
    a.register(bundle("one"))
    (a.root / name).write_text("mine\n")
    _write_ref(a.root, {name: "mine\n"})

    with pytest.raises(StorageError, match=r"not written by Trunkline"):
        a.store.pull()
    assert a.store.push(expected=a.store.tip(), replace=True)
    assert a.store.pull()


def test_a_database_that_is_not_the_manifests_is_refused(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a, b = machine("a"), machine("b")
    a.release(bundle("one"))
    manifest = git(a.root, "show", f"{REF}:store.json")
    _write_ref(a.root, {"store.json": manifest, "mlflow.db": "no database\n"})

    with pytest.raises(StorageError, match="cannot be used") as refused:
        b.store.pull()
    assert "push --replace" in refused.value.next_step
    assert not (b.folder / "mlflow.db").exists()


def test_a_database_with_a_trigger_is_refused(machine: Callable[..., Machine], bundle: MakeBundle) -> None:
    a, b = machine("a"), machine("b")
    a.register(bundle("one"))
    store = sqlite3.connect(a.folder / "mlflow.db")
    store.execute("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END")
    store.close()
    assert a.store.push(expected="")

    with pytest.raises(StorageError, match="program of somebody"):
        b.store.pull()


def test_links_and_strange_files_in_the_ref_are_refused(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a, b = machine("a"), machine("b")
    a.release(bundle("one"))
    tree = git(a.root, "ls-tree", "-r", REF).splitlines()
    blob = tree[0].split()[2]

    for mode, path in (("120000", "keys/0123456789ab.json"), ("100755", "store.sh"), ("100644", "hooks/x")):
        rows = "\n".join([*tree, f"{mode} blob {blob}\t{path}"])
        _push_tree(a.root, rows)
        with pytest.raises(StorageError) as refused:
            b.store.pull()
        assert refused.value.value == path


def test_another_project_of_the_same_repository_does_not_mix_in(
    machine: Callable[..., Machine], bundle: MakeBundle, empty_store: Path
) -> None:
    a = machine("a")
    a.release(bundle("one"))
    (a.root / "second").mkdir()
    second = Machine(a.root / "second", empty_store)

    with pytest.raises(StorageError, match="another project"):
        second.store.pull()


def test_without_a_remote_or_an_answer_the_error_says_who_must_act(
    machine: Callable[..., Machine], tmp_path: Path
) -> None:
    a = machine("a")
    git(a.root, "remote", "set-url", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(UnavailableError):
        a.store.pull()
    git(a.root, "remote", "remove", "origin")
    with pytest.raises(ForgeError, match="no remote origin"):
        a.store.pull()


def test_a_remote_that_refuses_the_push_is_not_taken_for_a_race(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a = machine("a")
    a.register(bundle("one"))
    (origin / "hooks").mkdir(exist_ok=True)
    hook = origin / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'rule: no' >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(ForgeError, match="rule: no"):
        a.store.push(expected="")


def test_rows_traces_and_files_that_somebody_logged_beside_the_bundle_do_not_travel(
    machine: Callable[..., Machine], bundle: MakeBundle, origin: Path
) -> None:
    a = machine("a")
    a.register(bundle("one"))
    run = a.registry.by_number(1).run
    (a.folder / "mlartifacts/loans" / run / "artifacts/rows.parquet").write_text("Ada, 1234")
    store = sqlite3.connect(a.folder / "mlflow.db")
    with store:
        store.execute(
            "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status)"
            " VALUES ('Ada Lovelace', 1, 0, 'OK')"
        )
    store.close()

    assert a.store.push(expected="")

    assert "rows.parquet" not in git(origin, "ls-tree", "-r", "--name-only", REF)
    content = subprocess.run(
        ["git", "show", f"{REF}:mlflow.db"], cwd=origin, check=True, capture_output=True
    ).stdout
    assert b"Ada Lovelace" not in content


def test_what_does_not_travel_outlives_a_pull(machine: Callable[..., Machine], bundle: MakeBundle) -> None:
    a, b = machine("a"), machine("b")
    one, two = bundle("one"), bundle("two")
    a.release(one)
    b.store.pull()
    store = sqlite3.connect(b.folder / "mlflow.db")
    with store:
        store.execute(
            "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) VALUES ('mine', 1, 0, 'OK')"
        )
    store.close()
    a.release(two)

    b.store.pull()

    store = sqlite3.connect(b.folder / "mlflow.db")
    assert store.execute("SELECT request_id FROM trace_info").fetchall() == [("mine",)]
    store.close()
    assert len(b.numbers()) == 2


def test_a_moved_project_finds_its_artifacts(
    machine: Callable[..., Machine], bundle: MakeBundle, tmp_path: Path
) -> None:
    a = machine("a")
    one = bundle("one")
    a.register(one)
    a.root.rename(tmp_path / "elsewhere")
    moved = Machine(tmp_path / "elsewhere", a.template)

    fetched = moved.registry.fetch(moved.registry.by_number(1), BundleStore(tmp_path / "bundles"))

    assert fetched.digest == one.digest


def test_a_remembered_run_that_the_store_lacks_is_replaced_by_one_of_its_own(
    machine: Callable[..., Machine], bundle: MakeBundle
) -> None:
    a = machine("a")

    assert a.register(bundle("one"), run="0" * 32) == 1
    assert a.registry.by_number(1).run not in ("", "0" * 32)


def _write_ref(root: Path, files: dict[str, str]) -> None:
    rows = []
    for name, text in files.items():
        done = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=root,
            input=text,
            check=True,
            capture_output=True,
            text=True,
        )
        rows.append(f"100644 blob {done.stdout.strip()}\t{name}")
    _push_tree(root, "\n".join(rows))


def _push_tree(root: Path, rows: str) -> None:
    """Push a tree whose rows name files in folders, as ls-tree -r lists them."""
    index = root / ".git/index-of-test"
    index.unlink(missing_ok=True)
    for row in rows.splitlines():
        facts, path = row.split("\t")
        mode, _, blob = facts.split()
        subprocess.run(
            ["git", "update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}"],
            cwd=root,
            check=True,
            env={"GIT_INDEX_FILE": str(index), "PATH": "/usr/bin:/bin:/usr/local/bin"},
        )
    environment = {"GIT_INDEX_FILE": str(index), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    tree = subprocess.run(
        ["git", "write-tree"], cwd=root, check=True, env=environment, capture_output=True, text=True
    ).stdout.strip()
    commit = git(
        root, "-c", "user.name=Eve", "-c", "user.email=eve@localhost", "commit-tree", tree, "-m", "foreign"
    )
    git(root, "push", "--quiet", "--force", "origin", f"{commit}:{REF}")
