"""What only the local forge does: files that a person can read, several processes at once, and a halfway kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError, StorageError
from trunkline.core.project import Project
from trunkline.forge import LocalForge, open_forge

Commit = Callable[[str, dict[str, str]], str]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def local(tmp_path: Path, work_tree: Path) -> LocalForge:
    times = iter(NOON + timedelta(minutes=minute) for minute in range(100))
    return LocalForge.create(tmp_path / "forge", work_tree, clock=lambda: next(times))


def test_creating_gives_the_project_an_origin_with_its_main(local: LocalForge, work_tree: Path) -> None:
    assert git(work_tree, "remote", "get-url", "origin") == str(local.origin)
    assert git(local.origin, "rev-parse", "HEAD") == git(work_tree, "rev-parse", "main")
    assert git(local.origin, "rev-parse", "--is-bare-repository") == "true"


def test_creating_again_changes_nothing(local: LocalForge, work_tree: Path) -> None:
    issue = local.open_issue(fingerprint="f", title="Drift", body="")
    before = git(local.origin, "rev-parse", "main")
    git(work_tree, "commit", "--quiet", "--allow-empty", "--message", "Not pushed")
    again = LocalForge.create(local.folder, work_tree)
    assert git(again.origin, "rev-parse", "main") == before
    assert again.issues() == (issue,)


def test_creation_that_was_interrupted_before_the_push_is_completed(tmp_path: Path, work_tree: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "forge" / "origin.git"], check=True)
    forge = LocalForge.create(tmp_path / "forge", work_tree)
    assert git(forge.origin, "rev-parse", "main") == git(work_tree, "rev-parse", "main")


def test_a_project_with_an_origin_of_its_own_keeps_it(tmp_path: Path, work_tree: Path) -> None:
    git(work_tree, "remote", "add", "origin", "https://example.org/team/model.git")
    with pytest.raises(ForgeError, match="points elsewhere") as caught:
        LocalForge.create(tmp_path / "forge", work_tree)
    assert caught.value.value == "https://example.org/team/model.git"
    assert git(work_tree, "remote", "get-url", "origin") == "https://example.org/team/model.git"


def test_the_forge_of_a_project_that_was_moved_is_found_again(tmp_path: Path, work_tree: Path) -> None:
    forge = LocalForge.create(work_tree / ".trunkline" / "forge", work_tree)
    forge.open_issue(fingerprint="f", title="Drift", body="")
    moved = work_tree.rename(tmp_path / "moved")
    again = LocalForge.create(moved / ".trunkline" / "forge", moved)
    assert len(again.issues()) == 1
    git(moved, "fetch", "--quiet", "origin")


def test_a_project_without_a_commit_gets_no_forge(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    with pytest.raises(ForgeError, match="no branch main with a commit"):
        LocalForge.create(tmp_path / "forge", root)


def test_a_forge_that_was_never_made_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="no local forge") as caught:
        LocalForge(tmp_path / "forge").issues()
    assert caught.value.next_step == "trunkline forge"
    assert not (tmp_path / "forge").exists()


def test_the_policy_says_where_the_forge_lies(work_tree: Path) -> None:
    (work_tree / "trunkline.yaml").write_text("name: arrests\npackage: arrests\nforge: {path: office}\n")
    LocalForge.create(work_tree / "office", work_tree).open_issue(fingerprint="f", title="Drift", body="")
    assert [issue.title for issue in open_forge(Project(work_tree)).issues()] == ["Drift"]


def test_a_pull_request_reads_as_a_page(local: LocalForge, commit: Commit, work_tree: Path) -> None:
    propose(local, commit, work_tree)
    local.comment_pull_request(1, "All gates pass.")
    merged = local.merge(1)
    page = (local.folder / "pulls" / "0001.md").read_text()
    assert page.startswith("# Pull request #1: More trees\n\n**merged** · `more-trees` into `main`")
    assert "opened 2026-11-23 12:00 UTC · merged 2026-11-23 12:02 UTC" in page
    assert f"merge commit `{merged.merge[:12]}`" in page
    assert "Labels: `promotion`" in page
    assert "model.py | 2 +-" in page
    assert "**Comment, 2026-11-23 12:01 UTC**\n\nAll gates pass." in page


def test_the_page_of_an_open_pull_request_follows_its_branch(
    local: LocalForge, commit: Commit, work_tree: Path
) -> None:
    propose(local, commit, work_tree)
    commit("more-trees", {"policy.yaml": "floor: 0.7\n"})
    local.push(work_tree, "more-trees")
    assert "policy.yaml | 2 +-" in (local.folder / "pulls" / "0001.md").read_text()


def test_an_issue_reads_as_a_page(local: LocalForge) -> None:
    local.open_issue(
        fingerprint="production/data", title="Drift", body="Age moved.", labels=("signal: data",)
    )
    local.close_issue(1, comment="Back to normal.")
    page = (local.folder / "issues" / "0001.md").read_text()
    assert page.startswith("# Issue #1: Drift\n\n**closed** · opened 2026-11-23 12:00 UTC")
    assert "follows `production/data`" in page
    assert "Labels: `signal: data`" in page
    assert "Age moved." in page
    assert "Back to normal." in page


def test_two_processes_open_one_issue_for_one_fingerprint(local: LocalForge) -> None:
    code = (
        "import sys; from pathlib import Path; from trunkline.forge import LocalForge\n"
        "forge = LocalForge(Path(sys.argv[1])); sys.stdin.read(1)\n"
        "for each in range(5):\n"
        "    print(forge.open_issue(fingerprint=f'f{each}', title='Drift', body='').number)\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, local.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin
        process.stdin.write("x")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0] for process in both]
    assert said[0] == said[1]
    assert [issue.fingerprint for issue in local.issues()] == [f"f{each}" for each in range(5)]


def test_numbers_are_given_once_under_concurrency(local: LocalForge) -> None:
    forge = LocalForge(local.folder)
    with ThreadPoolExecutor(8) as pool:
        opened = list(
            pool.map(lambda _: forge.open_issue(fingerprint="", title="Q", body="").number, range(24))
        )
    assert sorted(opened) == list(range(1, 25))


def test_a_merge_that_was_killed_before_it_was_written_down_is_completed(
    local: LocalForge, commit: Commit, work_tree: Path
) -> None:
    propose(local, commit, work_tree)
    record = local.folder / "pulls" / "0001.json"
    before = record.read_bytes()
    first = local.merge(1)
    record.write_bytes(before)
    again = local.merge(1)
    assert (again.state, again.merge) == ("merged", first.merge)
    assert git(local.origin, "rev-parse", "main") == first.merge


def test_a_branch_that_main_already_has_is_not_called_merged(
    local: LocalForge, commit: Commit, work_tree: Path
) -> None:
    made = propose(local, commit, work_tree)
    git(work_tree, "push", "--quiet", "origin", f"{made}:refs/heads/main")
    with pytest.raises(ForgeError, match="Nothing to merge"):
        local.merge(1)
    assert local.pull_request(1).state == "open"


def test_what_is_pushed_to_main_during_a_merge_is_not_overwritten(
    local: LocalForge, commit: Commit, work_tree: Path
) -> None:
    propose(local, commit, work_tree)
    git(work_tree, "checkout", "--quiet", "main")
    (work_tree / ".gitattributes").write_text("model.py merge=mover\n")
    (work_tree / "model.py").write_text("trees = 50\n")
    git(work_tree, "add", "--all")
    git(work_tree, "commit", "--quiet", "--message", "Fewer trees")
    local.push(work_tree, "main")
    git(work_tree, "commit", "--quiet", "--allow-empty", "--message", "Meanwhile")
    meanwhile = git(work_tree, "rev-parse", "HEAD")
    git(work_tree, "push", "--quiet", "origin", "HEAD:refs/heads/meanwhile")
    # git runs this to settle model.py, in the middle of the merge.
    move = f"git --git-dir={local.origin} update-ref refs/heads/main {meanwhile}"
    git(local.origin, "config", "merge.mover.driver", move)
    with pytest.raises(ForgeError, match="main moved while the merge was made"):
        local.merge(1)
    assert git(local.origin, "rev-parse", "main") == meanwhile
    assert local.pull_request(1).state == "open"


def test_merging_a_branch_that_is_gone_is_refused(local: LocalForge, commit: Commit, work_tree: Path) -> None:
    propose(local, commit, work_tree)
    git(work_tree, "push", "--quiet", "origin", "--delete", "more-trees")
    with pytest.raises(ForgeError, match="no branch more-trees"):
        local.merge(1)


def test_a_merge_leaves_no_work_tree_behind(local: LocalForge, commit: Commit, work_tree: Path) -> None:
    propose(local, commit, work_tree)
    local.merge(1)
    assert len(git(local.origin, "worktree", "list").splitlines()) == 1


def test_merges_bear_the_name_that_the_project_configured(
    local: LocalForge, commit: Commit, work_tree: Path
) -> None:
    propose(local, commit, work_tree)
    merged = local.merge(1)
    assert git(local.origin, "log", "-1", "--format=%an <%ae>", merged.merge) == "Ada <ada@example.org>"


def test_merges_bear_a_neutral_name_where_none_is_configured(
    local: LocalForge, commit: Commit, work_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(local, commit, work_tree)
    for key in ("user.name", "user.email"):
        git(local.origin, "config", "--unset", key)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name in [name for name in os.environ if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_", "EMAIL"))]:
        monkeypatch.delenv(name)
    merged = local.merge(1)
    assert (
        git(local.origin, "log", "-1", "--format=%an <%ae>", merged.merge)
        == "Trunkline <trunkline@localhost>"
    )


def test_git_variables_of_a_hook_do_not_lead_it_astray(
    local: LocalForge, commit: Commit, work_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(local, commit, work_tree)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere.index"))
    assert local.merge(1).state == "merged"


def test_a_damaged_record_is_named(local: LocalForge) -> None:
    local.open_issue(fingerprint="f", title="Drift", body="")
    (local.folder / "issues" / "0001.json").write_text("{")
    with pytest.raises(ForgeError, match=r"0001\.json is not JSON"):
        local.issues()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, work_tree: Path) -> None:
    (tmp_path / "forge").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="Cannot write"):
        LocalForge.create(tmp_path / "forge", work_tree)


def propose(forge: LocalForge, commit: Commit, work_tree: Path) -> str:
    made = commit("more-trees", {"model.py": "trees = 200\n"})
    forge.push(work_tree, "more-trees")
    forge.propose(branch="more-trees", title="More trees", body="Better.", labels=("promotion",))
    return made


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
