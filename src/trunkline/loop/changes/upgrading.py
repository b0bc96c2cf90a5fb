"""Upgrades: the template rendered anew with the same answers, and merged into the project like any other branch."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ForgeError, NotFoundError, ProjectError, UnavailableError
from trunkline.core.git import IDENTITY, git, try_git
from trunkline.core.reading import parse_json, read_text

ANSWERS = ".template.json"
"""The file that keeps what was answered when the project was made; committed."""
MARK = "Trunkline-Template"
"""The last line of a commit that holds what the template gave and nothing else; its value is a version."""
YOURS = ("src", "tests", "loadtest", "deployments", "model_cards")
"""What says what the model is and what serves: an upgrade never touches it."""
SECONDS = 600


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did: `conflicts` are left for a person, in a merge that is not committed yet.

    `before` and `after` are the commits of the template's two renderings; `examples` are files under `YOURS` that
    differ between them.
    """

    branch: str
    version: str
    before: str
    after: str
    changed: tuple[str, ...]
    conflicts: tuple[str, ...]
    examples: tuple[str, ...]


def answers_in(text: str) -> Mapping[str, str]:
    """Return what was answered, by question, from the text of `.template.json`.

    Raises ProjectError when it is not such a file.
    """
    advice = f"restore {ANSWERS} from git: it was written when the project was made"
    value = parse_json(text, origin=ANSWERS, error=ProjectError, next_step=advice)
    answers = value.get("answers") if isinstance(value, dict) else None
    if not answers:
        raise ProjectError(f"{ANSWERS} holds no answers.", next_step=advice)
    if not isinstance(answers, dict) or not all(isinstance(value, str) for value in answers.values()):
        raise ProjectError(f"The answers in {ANSWERS} are not texts.", value=answers, next_step=advice)
    return answers


def upgrade(
    root: Path, template: str, *, checkout: str = "", progress: Callable[[str], None] = lambda _: None
) -> Upgrade | None:
    """Merge what the template gives today into a new branch; None when it gives what it gave before.

    Each rendering is a commit whose parent is the rendering before it, so git merges with what the template gave last
    time as the common ancestor: what only the user changed stays, what only the template changed comes, and what both
    changed is a conflict. A merge with conflicts is left open in the work tree.

    Raises ProjectError when the work tree has changes, NotFoundError when the project's first rendering is not in its
    history or cookiecutter is not installed, UnavailableError when the template cannot be rendered.
    """
    _check_ready(root)
    path = root / ANSWERS
    if not path.is_file():
        raise NotFoundError(
            f"There is no {ANSWERS}: the project was made before answers were kept.",
            next_step=f"write {ANSWERS} by hand, as a project that is made anew has it",
        )
    answers = answers_in(read_text(path, error=ProjectError))
    before = _newest_rendering(root)
    with tempfile.TemporaryDirectory() as scratch:
        progress(f"render {template}")
        project = render(template, answers, Path(scratch), checkout=checkout)
        git(root, "fetch", "--quiet", "--no-tags", str(project), "HEAD")
    tree = git(root, "rev-parse", "FETCH_HEAD^{tree}")
    version = _version(root, "FETCH_HEAD")
    if tree == git(root, "rev-parse", before + "^{tree}"):
        return None
    identity = [word for key, value in IDENTITY.items() for word in ("-c", f"{key}={value}")]
    message = f"Trunkline's template {version}, with this project's answers\n\n{MARK}: {version}"
    after = git(root, *identity, "commit-tree", tree, "-p", before, "-m", message)
    branch = f"upgrade/template-{tree[:8]}"
    git(root, "switch", "--quiet", "--create", branch, next_step=f"delete it first: git branch -D {branch}")
    progress(f"merge it on {branch}")
    conflicts = _merge(root, after, version)
    return Upgrade(
        branch=branch,
        version=version,
        before=before,
        after=after,
        changed=_names(root, "diff", "--name-only", before, after, "--", ".", *_without_yours()),
        conflicts=conflicts,
        examples=_names(root, "diff", "--name-only", before, after, "--", *YOURS),
    )


def render(template: str, answers: Mapping[str, str], folder: Path, *, checkout: str = "") -> Path:
    """Return a project that cookiecutter made below `folder` with these answers; its own commit holds the files.

    Raises NotFoundError when cookiecutter is not installed or no template lies there, UnavailableError with its words
    when it fails.
    """
    config = folder / "cookiecutter.yaml"
    config.write_text(f"cookiecutters_dir: {folder / 'clones'}\nreplay_dir: {folder / 'replay'}\n")
    output = folder / "output"
    output.mkdir()
    local = Path(template).expanduser()
    if ":" not in template and not local.is_file() and not (local / "cookiecutter.json").is_file():
        raise NotFoundError(
            "There is no template.",
            value=template,
            next_step="name the template by its folder or its git address",
        )
    place = str(local.resolve()) if local.is_dir() else template
    words = [
        *_cookiecutter(),
        *(place, "--no-input", "--config-file", str(config), "--output-dir", str(output)),
        *(["--checkout", checkout] if checkout else []),
        *(f"{question}={answer}" for question, answer in answers.items()),
    ]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=surroundings | {"PWD": str(folder), "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            f"cookiecutter did not end within {SECONDS} s.", next_step="try again"
        ) from error
    made = list(output.iterdir())
    if done.returncode or len(made) != 1:
        said = " ".join((done.stderr or done.stdout).split())
        raise UnavailableError(
            f"The template could not be rendered: {said}",
            value=template,
            next_step="name the template by its folder or its git address",
        )
    return made[0]


def _cookiecutter() -> list[str]:
    if importlib.util.find_spec("cookiecutter"):
        return [sys.executable, "-m", "cookiecutter"]
    if found := shutil.which("cookiecutter"):
        return [found]
    raise NotFoundError("cookiecutter is not installed.", next_step="run: pipx install cookiecutter")


def _check_ready(root: Path) -> None:
    if git(root, "rev-parse", "--show-prefix"):
        raise ProjectError(
            "The project is a folder within a repository; an upgrade merges whole repositories.",
            next_step="upgrade it by hand: make the project anew elsewhere, and compare",
        )
    if changes := git(root, "status", "--porcelain", "--untracked-files=no"):
        raise ProjectError(
            "The work tree has changes that are not committed.",
            value=changes.splitlines()[0].strip(),
            next_step="commit them, or `git stash`",
        )


def _newest_rendering(root: Path) -> str:
    """Return the newest rendering that HEAD descends from; renderings are a line, so children come first."""
    found = git(root, "log", "--topo-order", "--format=%H", f"--grep=^{MARK}: ", "HEAD").split()
    if not found:
        raise NotFoundError(
            f"No commit with a line `{MARK}: ...` is in the history: what the template gave is not known.",
            next_step="fetch the whole history: git fetch --unshallow",
        )
    return found[0]


def _version(root: Path, commit: str) -> str:
    named = git(root, "log", "-1", f"--format=%(trailers:key={MARK},valueonly)", commit).strip()
    return named or "of an unknown version"


def _merge(root: Path, commit: str, version: str) -> tuple[str, ...]:
    """Merge a rendering into the branch that is checked out; return the files in conflict, for which it stays open."""
    done = try_git(root, "merge", "--no-ff", "--no-commit", "--quiet", commit)
    if done.returncode and try_git(root, "rev-parse", "--quiet", "--verify", "MERGE_HEAD").returncode:
        refused = git(root, "branch", "--show-current")
        git(root, "switch", "--quiet", "-")
        git(root, "branch", "--quiet", "-D", refused)
        raise ForgeError(
            f"git refused to merge: {' '.join((done.stderr or done.stdout).split())}",
            next_step="move the files that are in the way, and upgrade again",
        )
    known = {*_names(root, "ls-tree", "--name-only", "HEAD"), *_names(root, "ls-files", "--", *YOURS)}
    there = [name for name in YOURS if any(path == name or path.startswith(f"{name}/") for path in known)]
    if there:
        git(root, "restore", "--source=HEAD", "--staged", "--worktree", "--", *there)
    conflicts = _names(root, "diff", "--name-only", "--diff-filter=U")
    if not conflicts:
        message = f"Upgrade to Trunkline's template {version}"
        # The user's own hooks look at the pull request's commits; a merge that a machine made must not hang on them.
        git(root, "commit", "--quiet", "--no-verify", "--message", message)
    return conflicts


def _names(root: Path, *words: str) -> tuple[str, ...]:
    command, *rest = words
    return tuple(dict.fromkeys(name for name in git(root, command, "-z", *rest).split("\0") if name))


def _without_yours() -> list[str]:
    return [f":(exclude){name}" for name in YOURS]
