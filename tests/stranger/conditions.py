"""Conditions of a stranger's machine: each changes the folder and the environment in which everything is then done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from .variables import workflow_variables

COMMIT = "5c1e0f3a9d2b4c6e8f7a1b3d5e7f9a0b2c4d6e8f"
LEADS_ELSEWHERE = ("GIT_", "GITHUB_", "RUNNER_", "MLFLOW_", "MAKE", "MFLAGS", "TRUNKLINE_", "PYTEST_")
VERSIONS = ("3.13", "3.12", "3.11")

HOSTILE_GIT = """
[user]
	name = Zoë "Z" Müller
	email = zoe@localhost
[color]
	ui = always
[commit]
	gpgSign = true
[tag]
	gpgSign = true
[gpg]
	program = /bin/false
[core]
	hooksPath = {hooks}
	autocrlf = true
	pager = cat
	quotePath = true
	excludesFile = {ignored}
	fsmonitor = false
[diff]
	noprefix = true
	external = /bin/false
	mnemonicPrefix = true
[format]
	pretty = fuller
[init]
	defaultBranch = trunk
[log]
	showSignature = true
	date = relative
	decorate = full
[merge]
	ff = only
	conflictStyle = zdiff3
[pull]
	rebase = true
[push]
	default = nothing
	followTags = true
[status]
	showUntrackedFiles = no
	short = true
	branch = true
[fetch]
	prune = true
[rebase]
	autoStash = true
[alias]
	push = !false
"""


@dataclass(frozen=True)
class Machine:
    """Where a walk takes place: a folder for the project, the environment, and how new files are opened to others."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    umask: int = -1


def plain(tmp: Path) -> Machine:
    """Return an ordinary machine, with a home of its own and an identity in it."""
    home = tmp / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@localhost\n", encoding="utf-8")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(LEADS_ELSEWHERE)}
    outside = {name: value for name, value in outside.items() if not name.lower().endswith("_proxy")}
    return Machine(tmp / "work", outside | {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"})


def workflow(made: Machine, tmp: Path) -> Machine:
    """Return a runner: GitHub's variables, and no remote that is GitHub's."""
    variables = workflow_variables(tmp / "runner", workspace=made.folder, commit=COMMIT, token="ghs_nobodys")
    return replace(made, environment=made.environment | variables)


def place(made: Machine, tmp: Path) -> Machine:
    """Return a folder with a blank, a percent sign and an umlaut, in the C locale."""
    locale = {name: value for name, value in made.environment.items() if not name.startswith(("LC_", "LANG"))}
    return replace(made, folder=tmp / "Größe 50% mehr" / "%20 und ü", environment=locale | {"LC_ALL": "C"})


def hostile_git(made: Machine, tmp: Path) -> Machine:
    """Return a git configuration in which everything that can be switched is switched."""
    hooks = tmp / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "pre-push", "post-checkout", "pre-merge-commit"):
        (hooks / name).write_text("#!/bin/sh\necho a hook of the user >&2\nexit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (tmp / "ignored").write_text("vendor/\n*.lock\n", encoding="utf-8")
    text = HOSTILE_GIT.format(hooks=hooks, ignored=tmp / "ignored")
    (tmp / "home" / ".gitconfig").write_text(text, encoding="utf-8")
    return made


def bare_account(made: Machine, tmp: Path) -> Machine:
    """Return an account that can write no home, has no identity, and opens its files to nobody."""
    shutil.rmtree(tmp / "home")
    # A file in the folder's place: to an administrator, as in a container, no folder is read-only.
    (tmp / "home").write_text("", encoding="utf-8")
    gone = ("XDG_", "MPLCONFIGDIR", "EMAIL")
    kept = {name: value for name, value in made.environment.items() if not name.startswith(gone)}
    nobody = {"HOME": str(tmp / "home" / "nobody"), "GIT_CONFIG_GLOBAL": os.devnull}
    return replace(made, environment=kept | nobody, umask=0o077)


def proxies(made: Machine, tmp: Path) -> Machine:
    """Return a network behind proxies, of which none answers and one is of a kind that Python cannot speak alone."""
    dead = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    socks = {"ALL_PROXY": "socks5://127.0.0.1:9", "all_proxy": "socks5://127.0.0.1:9"}
    return replace(made, environment=made.environment | dead | socks)


CONDITIONS: dict[str, Callable[[Machine, Path], Machine]] = {
    "bare-account": bare_account,
    "hostile-git": hostile_git,
    "place": place,
    "proxies": proxies,
    "workflow": workflow,
}


def machine(tmp: Path, conditions: str) -> Machine:
    """Return an ordinary machine under conditions, named with blanks between them."""
    made = plain(tmp)
    for name in conditions.split():
        made = CONDITIONS[name](made, tmp)
    return made


def another_python(running: str) -> Path | None:
    """Return the newest interpreter that the toolkit takes and that is not the running one (as "3.11"), or None."""
    homes = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"]
    for version in VERSIONS:
        if version == running:
            continue
        found = [shutil.which(f"python{version}")]
        found += [str(path) for home in homes for path in sorted(home.glob(f"{version}.*/bin/python"))]
        for name in found:
            # pyenv's shims are there for versions that are not installed as well.
            if name and Path(name).parent.name != "shims":
                return Path(name)
    return None
