"""Git as Trunkline runs it: the same words under any configuration, here the most hostile one that we know of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from trunkline.core.errors import UnavailableError
from trunkline.core.git import first_commit, git, git_bytes, try_git
from trunkline.core.project import Project
from trunkline.data.lock import lock_at
from trunkline.forge.origin import Origin

SIGNER = """#!/bin/sh
# stands in for gpg: signs anything, and says so where people see it
case "$*" in
*--verify*) echo '[GNUPG:] GOODSIG 1 Mallory'; echo 'gpg: Good signature from "Mallory"' >&2 ;;
*) cat >/dev/null; echo '[GNUPG:] SIG_CREATED ' >&2
   printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nMallory\\n-----END PGP SIGNATURE-----\\n' ;;
esac
"""
HOSTILE = """
[user]
	name = Ada
	email = ada@example.org
[gpg]
	program = {folder}/signer
[log]
	showSignature = true
	date = relative
	decorate = full
	follow = true
	abbrevCommit = true
[format]
	pretty = oneline
[color]
	ui = always
	status = always
	diff = always
	branch = always
[column]
	ui = always
[core]
	pager = {folder}/fails
	editor = {folder}/fails
	quotePath = true
	abbrev = 5
	autocrlf = true
	safecrlf = true
	fsmonitor = {folder}/fails
	hooksPath = {folder}/hooks
	attributesFile = {folder}/attributes
	excludesFile = {folder}/excludes
[diff]
	noprefix = true
	mnemonicPrefix = true
	external = {folder}/fails
	relative = true
	orderFile = {folder}/nowhere
[status]
	short = true
	branch = true
	showUntrackedFiles = no
	relativePaths = true
[commit]
	gpgSign = true
	template = {folder}/nowhere
	cleanup = strip
	verbose = true
[tag]
	gpgSign = true
[push]
	default = nothing
	followTags = true
	gpgSign = if-asked
[fetch]
	prune = true
	pruneTags = true
[pull]
	rebase = true
	ff = only
[merge]
	ff = only
	verifySignatures = true
	log = 20
[i18n]
	logOutputEncoding = ISO-8859-1
	commitEncoding = ISO-8859-1
[init]
	defaultBranch = trunk
	templateDir = {folder}/template
[safe]
	bareRepository = explicit
[alias]
	log = !{folder}/fails
	status = !{folder}/fails
"""
LOCK = '{"schema": "trunkline/data-lock/1", "snapshot": "sha256:00", "rows": {"train": 1}, "window": {}, "sources": {}}'


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of git that changes what it prints, hides files, signs, and runs programs that fail."""
    folder = tmp_path / "home"
    (folder / "hooks").mkdir(parents=True)
    (folder / "template" / "hooks").mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "pre-push", "post-checkout", "reference-transaction"):
        _program(folder / "hooks" / name, "#!/bin/sh\necho no >&2\nexit 1\n")
    _program(folder / "fails", "#!/bin/sh\necho noise\necho noise >&2\nexit 1\n")
    _program(folder / "signer", SIGNER)
    (folder / "attributes").write_text("* text eol=crlf\n")
    (folder / "excludes").write_text("*.json\nmodel_cards/\n")
    (folder / ".gitconfig").write_text(HOSTILE.format(folder=folder))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    for name in ("GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_EDITOR"):
        monkeypatch.setenv(name, str(folder / "fails"))
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path, hostile: Path) -> Project:
    """A project with one signed commit, whose author and title are not ASCII."""
    root = tmp_path / "a ü 50% b"
    (root / "src" / "plugged").mkdir(parents=True)
    (root / "trunkline.yaml").write_text("name: plugged\npackage: plugged\n")
    (root / "data.lock").write_text(LOCK + "\n")
    (root / "src" / "plugged" / "model.py").write_text("\n")
    (root / "große.txt").write_text("1\n")
    (root / ".gitattributes").write_text("* -text\n")
    quiet = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.safecrlf=false")
    for words in (
        ("init", "-q", "--initial-branch=main"),
        ("-c", "core.excludesFile=/dev/null", "add", "--all"),
        ("-c", "i18n.commitEncoding=utf-8", "commit", "-qm", "Über uns"),
    ):
        subprocess.run(["git", *quiet, *words], cwd=root, check=True)
    assert (
        b"gpgsig"
        in subprocess.run(
            ["git", "cat-file", "commit", "HEAD"], cwd=root, check=True, capture_output=True
        ).stdout
    )
    return Project(root)


def test_what_git_says_of_a_commit_is_that_commit_alone(project: Project) -> None:
    head = git(project.root, "rev-parse", "HEAD")
    assert project.commit() == head
    assert git(project.root, "log", "-1", "--format=%H") == head
    assert git(project.root, "log", "-1", "--format=%s (%an)") == "Über uns (Ada)"
    assert git(project.root, "log", "-1", "--format=%H", "--", "trunkline.yaml") == head
    found = try_git(project.root, "log", "--diff-filter=A", "--format=%cI", "--", "trunkline.yaml")
    assert len(found.stdout.splitlines()) == 1
    assert lock_at(project, head) is not None


def test_names_are_printed_as_they_are_and_nothing_is_hidden(project: Project) -> None:
    (project.root / "große.txt").write_text("2\n")
    assert git(project.root, "diff", "--name-only") == "große.txt"
    assert "\x1b" not in git(project.root, "diff", "--stat=100", "HEAD")
    (project.root / "src" / "plugged" / "new.py").write_text("")
    assert project.commit().endswith("+dirty")
    assert "?? src/plugged/new.py" in git(project.root, "status", "--porcelain")


def test_a_commit_holds_every_file_as_it_is_and_asks_nobody(project: Project) -> None:
    (project.root / "model_cards").mkdir()
    (project.root / "model_cards" / "facts.json").write_bytes(b"{}\n")
    (project.root / "lines.bin").write_bytes(b"a\r\nb\n")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "# 1 is a title\n\n# 2 too")
    assert git(project.root, "log", "-1", "--format=%B").splitlines() == ["# 1 is a title", "", "# 2 too"]
    assert git_bytes(project.root, "show", "HEAD:model_cards/facts.json") == b"{}\n"
    assert git_bytes(project.root, "show", "HEAD:lines.bin") == b"a\r\nb\n"
    assert b"gpgsig" not in git_bytes(project.root, "cat-file", "commit", "HEAD")


def test_a_local_forge_takes_a_push_and_merges_it(project: Project, tmp_path: Path) -> None:
    origin = Origin(tmp_path / "forge" / "origin.git", "main")
    origin.create(project.root)
    git(project.root, "switch", "--quiet", "--create", "change")
    (project.root / "große.txt").write_text("3\n")
    git(project.root, "commit", "--quiet", "--all", "--message", "Größer")
    git(project.root, "push", "--quiet", "origin", "change:refs/heads/change")
    main, head = origin.require("main"), origin.require("change")
    assert "große.txt | 2 +-" in try_git(origin.path, "diff", "--stat=100", f"{main}...{head}").stdout
    merged = origin.merge("main", head, "Merge it", "")
    assert git(origin.path, "log", "-1", "--format=%s", merged) == "Merge it"
    assert git_bytes(origin.path, "show", f"{merged}:große.txt") == b"3\n"


def test_a_repository_is_known_by_its_first_commit_in_every_whole_clone(
    project: Project, tmp_path: Path
) -> None:
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "One more")
    git(tmp_path, "clone", "--quiet", str(project.root), "whole")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project.root}", "shallow")
    assert first_commit(tmp_path / "whole") == first_commit(project.root)
    with pytest.raises(UnavailableError, match="whole history"):
        first_commit(tmp_path / "shallow")


def test_who_commits_by_environment_is_who_commits(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "Empty")
    assert git(project.root, "log", "-1", "--format=%an") == "Grace"
